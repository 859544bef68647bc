#include "pipeline/violations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::sql_text;

// Of the log, what `condition` says of a row of meta.violations or meta.resolutions, and is open before this run.
std::string open_violations(const std::string& condition, std::int64_t run_id) {
  return fmt::format(
      "select check_name, entity, source, id, field, arg_max(value, found) as value from (select check_name, entity, "
      "source, id, field, value, run_id as found, 0 as resolved from meta.violations where {0} union all select "
      "check_name, entity, source, id, field, null, 0, run_id from meta.resolutions where {0}) group by check_name, "
      "entity, source, id, field having max(found) > max(resolved) and max(found) < {1}",
      condition, run_id);
}

Status resolve(Connection& connection, const std::string& open, std::int64_t run_id) {
  return connection.execute(
      fmt::format("insert into meta.resolutions (run_id, check_name, entity, source, id, field) select {}, check_name, "
                  "entity, source, id, field from ({})",
                  run_id, open));
}

}  // namespace

std::string findings_of(const Check& check, std::string_view body) {
  return fmt::format(
      "select coalesce(entity, {})::varchar as entity, source::varchar as source, id::varchar as id, field::varchar as "
      "field, value::varchar as value, expected::varchar as expected, message::varchar as message from (select "
      "null::varchar as entity, null::varchar as source, null::varchar as expected where false union all by name from "
      "({}\n))",
      sql_text(check.entity), body);
}

Result<std::int64_t> record_violations(Connection& connection, const Check& check, std::string_view body,
                                       std::int64_t run_id) {
  DH_ASSIGN(const auto count, connection.scalar(fmt::format(
                                  "insert into meta.violations by name select {} as run_id, {} as check_name, {} as "
                                  "severity, * from ({})",
                                  run_id, sql_text(check.name), sql_text(check.severity), findings_of(check, body))));
  return count.value_or(0);
}

Status resolve_violations(Connection& connection, const std::vector<Examined>& examined, std::int64_t run_id) {
  if (examined.empty()) return {};
  DH_ASSIGN(const auto found,
            connection.scalar(fmt::format("select count(*) from meta.violations where run_id < {}", run_id)));
  if (found.value_or(0) == 0) return {};
  std::map<std::string, std::vector<std::string>> names;  // by the records that were looked at
  for (const auto& one : examined) names[one.records].push_back(sql_text(one.check->name));
  for (const auto& [records, checks] : names) {
    auto condition = fmt::format("check_name in ({})", fmt::join(checks, ", "));
    // A user's check may not say the source. What is said of all records together is not known from some of them.
    if (!records.empty())
      condition += fmt::format(
          " and id in (select id from {0}) and (source is null or (source, id) in (select (source, id) from {0}))",
          records);
    DH_TRY(resolve(connection, open_violations(condition, run_id), run_id));
  }
  return {};
}

Status resolve_references(Connection& connection, const std::vector<Check>& checks, std::string_view target,
                          std::string_view records, std::int64_t run_id) {
  std::vector<std::string> fields;
  for (const auto& check : checks)
    for (const auto& reference : check.references)
      if (reference.target == target)
        fields.push_back(fmt::format("({}, {})", sql_text(check.name), sql_text(reference.field)));
  if (fields.empty()) return {};
  const auto of_fields = fmt::format("(check_name, field) in ({})", fmt::join(fields, ", "));
  const auto earlier = fmt::format("{} and run_id < {}", of_fields, run_id);
  DH_ASSIGN(const auto found, connection.scalar(fmt::format("select count(*) from meta.violations where {}", earlier)));
  if (found.value_or(0) == 0) return {};
  // What was missed and is here now. Records and violations may be millions: what is hashed is the violations' few
  // values, then those of them that came, never the records.
  DH_TRY(connection.execute(
      fmt::format("create or replace temp table came as select distinct source, id as value from {} where (source, id) "
                  "in (select (source, value) from meta.violations where {} and value is not null)",
                  records, earlier)));
  DH_ASSIGN(const auto answered, connection.scalar(fmt::format(
                                     "select (select count(*) from came) + (select count(*) from meta.violations where "
                                     "{} and id is null)",
                                     earlier)));
  if (answered.value_or(0) == 0) return connection.execute("drop table came");
  const auto open =
      open_violations(fmt::format("{0} and (id is null or id in (select id from meta.violations where {0} and (source, "
                                  "value) in (select (source, value) from came)))",
                                  of_fields),
                      run_id);
  // Without an id it says that there were none at all.
  DH_TRY(resolve(connection,
                 fmt::format("select * from ({}) o where (o.id is null and exists (from {})) or (o.id is not null and "
                             "(o.source, o.value) in (select (source, value) from came))",
                             open, records),
                 run_id));
  return connection.execute("drop table came");
}

}  // namespace deskhouse::pipeline
