#include "pipeline/check_sql.h"

#include <fmt/format.h>

namespace deskhouse::pipeline {

Status only_reads(warehouse::Connection& connection, std::string_view sql) {
  DH_ASSIGN(const auto found,
            connection.query(fmt::format(
                "with parsed as (select json_serialize_sql({}::varchar)::json as tree) select tree->>'error_message', "
                "coalesce(json_array_length(tree, '$.statements'), 0)::bigint, array_to_string(list_filter("
                "json_extract_string(tree, '$..function.function_name'), lambda f: lower(f) not in "
                "('range', 'generate_series', 'unnest')) || list_filter(json_extract_string(tree, "
                "'$..function_name'), lambda f: lower(f) in ('nextval', 'write_log')) || list_filter("
                "json_extract_string(tree, '$..table_name'), lambda t: regexp_matches(t, '[./:]')), ', ') from parsed",
                warehouse::sql_text(sql))));
  if (!found.is_null(0, 0))
    return fail(Error::Kind::config, fmt::format("it must be one SELECT: {}", found.display(0, 0)));
  if (const auto statements = found.integer(0, 1); statements != 1)
    return fail(Error::Kind::config, fmt::format("it must be one SELECT, not {} statements", statements));
  if (const auto functions = found.display(0, 2); !functions.empty())
    return fail(Error::Kind::config, fmt::format("it may not use {}: a check reads the warehouse's tables, and "
                                                 "nothing else",
                                                 functions));
  return {};
}

}  // namespace deskhouse::pipeline
