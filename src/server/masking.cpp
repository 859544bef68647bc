#include "server/masking.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "access/secret.h"

namespace deskhouse::server {
namespace {

constexpr std::string_view kFreeText[] = {"subject", "description", "comment", "custom_fields", "detail",
                                          "actor",   "value",       "message", "expected"};

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

bool has(const std::vector<std::string>& columns, std::string_view name) {
  return std::ranges::find(columns, name) != columns.end();
}

}  // namespace

std::string masked_column(std::string_view column, const std::vector<std::string>& columns, std::string_view salt) {
  const bool is_of_person = has(columns, "email") || has(columns, "agent_id") ||
                            (has(columns, "requester_id") && !has(columns, "asset_type"));
  const bool is_name = (column == "name" && is_of_person) || column == "agent" || column == "requester" ||
                       column == "agent_name" || column == "requester_name";
  if (is_name)
    return fmt::format(
        "case when {0} in ('Unknown', '') then {0} else 'Person ' || substr(md5('{1}' || {0}), 1, 8) end",
        quoted(column), salt);
  if (column == "email" || std::ranges::find(kFreeText, column) != std::end(kFreeText))
    return fmt::format("case when {0} is not null then '\u00b7' end", quoted(column));
  return {};
}

Masking::Masking() : salt_(access::random_secret()) {}

Status Masking::refresh(warehouse::Connection& connection) {
  const std::lock_guard lock(mutex_);
  DH_ASSIGN(const auto catalogue, connection.scalar_text("select current_database()"));
  DH_ASSIGN(const auto rows,
            connection.query(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal and "
                "database_name = current_database() and (schema_name in ('operational', 'core', 'meta') or "
                "schema_name like 'mart\\_%' escape '\\') and table_name not like 'load\\_%' escape '\\' "
                "order by 1, 2, column_index"));
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> tables;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> texts;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    const std::pair table(rows.display(i, 0), rows.display(i, 1));
    tables[table].push_back(rows.display(i, 2));
    const auto type = rows.display(i, 3);
    if (type == "VARCHAR" || type == "JSON") texts[table].push_back(rows.display(i, 2));
  }
  std::string sql = "attach if not exists ':memory:' as masked;", schema;
  for (const auto& [table, columns] : tables) {
    if (table.first != schema)
      sql += fmt::format("create schema if not exists masked.{};", quoted(schema = table.first));
    std::string replaced;
    for (const auto& column : texts[table])
      if (const auto shown = masked_column(column, columns, salt_); !shown.empty())
        replaced += fmt::format("{}{} as {}", replaced.empty() ? "" : ", ", shown, quoted(column));
    sql += fmt::format("create or replace view masked.{0}.{1} as select *{2} from {3}.{0}.{1};", quoted(table.first),
                       quoted(table.second), replaced.empty() ? "" : " replace (" + replaced + ")",
                       quoted(catalogue.value_or("")));
  }
  return connection.execute_now(sql);
}

Status Masking::enter(warehouse::Connection& connection) {
  return connection.execute_now("use masked");
}

}  // namespace deskhouse::server
