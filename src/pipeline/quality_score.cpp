#include "pipeline/quality_score.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

using models::Delta;
using warehouse::sql_text;

// The column that tells how new a record is.
std::string_view time_of(const schema::TableInfo& entity) {
  return entity.name == "ticket_events" ? "event_at" : entity.name == "surveys" ? "responded_at" : "updated_at";
}

using Newest = std::map<std::string, Timestamp>;  // by entity

// The newest record of each entity as the run before knew it.
Result<Newest> newest_before(warehouse::Connection& connection) {
  DH_ASSIGN(const auto rows,
            connection.query("select entity, arg_max(newest_at, run_id) as newest_at from meta.quality group by entity "
                             "having arg_max(newest_at, run_id) is not null"));
  Newest newest;
  for (std::size_t i = 0; i < rows.row_count(); ++i) newest.emplace(rows.display(i, 0), Timestamp{rows.integer(i, 1)});
  return newest;
}

// An expression for the newest record: what is known, and what this run brought. The table is read only where neither
// tells.
std::string newest_of(const models::Runner& runner, const schema::TableInfo& entity, const Newest& before) {
  const auto table = fmt::format("operational.{}", entity.name);
  const auto it = runner.deltas().find(table);
  const auto mode = it == runner.deltas().end() ? Delta::Mode::none : it->second.mode;
  const auto max = [&](const std::string& rows) {
    return fmt::format("(select max({}) from {})", time_of(entity), rows);
  };
  const auto known = before.find(std::string(entity.name));
  if (mode == Delta::Mode::incremental && known != before.end())
    return fmt::format("greatest({}, {})", warehouse::sql_timestamp(known->second), max(it->second.new_rows));
  if (mode == Delta::Mode::none && known != before.end()) return warehouse::sql_timestamp(known->second);
  return max(table);
}

// Empty values of required fields among those that the latest runs read; the same runs as in checks/completeness.sql.
std::string completeness(const std::map<std::string, std::string>& settings) {
  return fmt::format(
      "with reads as (select b.source, b.entity, b.run_id, b.extracted, sum(b.extracted) over (partition by b.source, "
      "b.entity order by b.run_id desc) - b.extracted as later from meta.balances b join meta.runs r using (run_id) "
      "where b.extracted > 0 and r.kind <> 'replay' and b.run_id > {0} - 1000), recent as (select * from reads where "
      "later < {1}), required as (select entity, field from {2} f(entity, field, at_most)), empty_values as (select "
      "entity, c.field, c.defaulted as n from meta.field_counts c join recent using (run_id, source, entity) union all "
      "select entity, r.field, 1 from (select q.entity, unnest(from_json(q.reasons, '[{{\"field\": \"VARCHAR\", "
      "\"reason\": \"VARCHAR\"}}]')) as r from staging.quarantine q semi join recent using (run_id, source, entity)) "
      "where r.reason = 'required, but empty' or starts_with(r.reason, 'the source no longer has the column')), "
      "missing "
      "as (select entity, sum(n) as n from empty_values semi join required using (entity, field) group by entity) "
      "select t.entity, 1 - least(1, coalesce(any_value(m.n), 0) / (sum(t.extracted) * (select count(*) from required "
      "r "
      "where r.entity = t.entity)))::double as completeness from recent t left join missing m using (entity) group by "
      "t.entity",
      settings.at("this_run"), settings.at("min_sample"), settings.at("required_fields"));
}

// As meta.violation_states counts them, but by hashes of 64 bits: its texts would be hundreds of megabytes where a
// million records have violations.
constexpr auto kOpenRecords =
    "select entity, count(distinct record) as n from (select entity, record from (select entity, hash(source, id) as "
    "record, hash(check_name, field) as what, run_id as found, 0 as resolved from meta.violations where id is not null "
    "union all select entity, hash(source, id), hash(check_name, field), 0, run_id from meta.resolutions where id is "
    "not null) group by entity, record, what having max(found) > max(resolved)) group by entity";

}  // namespace

Status record_quality(const QualityContext& context, const std::map<std::string, std::string>& settings) {
  DH_ASSIGN(const auto before, newest_before(context.connection));
  std::vector<std::string> entities;
  for (const auto& entity : schema::entities())
    entities.push_back(fmt::format(
        "select {0} as entity, (select count(*) from operational.{1}) as records, {2}::timestamp as newest_at",
        sql_text(entity.name), entity.name, newest_of(context.runner, entity, before)));
  const auto as_of = warehouse::sql_timestamp(context.as_of);
  return context.connection.execute(fmt::format(
      "insert into meta.quality by name with entities as ({}), complete as ({}), held_back as (select entity, count(*) "
      "as n from staging.quarantine where status = 'quarantined' group by entity), open_records as ({}), parts as "
      "(select e.entity, e.records, coalesce(h.n, 0) as quarantined, e.newest_at, coalesce(c.completeness, 1) as "
      "completeness, case when e.records + coalesce(h.n, 0) = 0 then 1 else e.records / (e.records + coalesce(h.n, 0)) "
      "end::double as validity, case when e.records = 0 then 1 else greatest(0, 1 - coalesce(o.n, 0) / e.records) "
      "end::double as consistency from entities e left join complete c using (entity) left join held_back h using "
      "(entity) left join open_records o using (entity) where e.records > 0 or h.n > 0) select {} as run_id, *, 100 * "
      "completeness * validity * consistency as score, epoch({} - newest_at)::bigint as age_seconds from parts",
      fmt::join(entities, " union all "), completeness(settings), kOpenRecords, context.run_id, as_of));
}

Status record_metric_entities(const QualityContext& context, const std::vector<models::Metric>& metrics) {
  std::map<std::string, std::set<std::string>> read;  // by model; models come in the order of what they read
  const auto add = [&](const std::string& table, std::set<std::string>& entities) {
    constexpr std::string_view kOperational = "operational.";
    if (table.starts_with(kOperational) && schema::find_entity(table.substr(kOperational.size())))
      entities.insert(table.substr(kOperational.size()));
    else if (const auto it = read.find(table); it != read.end())
      entities.insert(it->second.begin(), it->second.end());
  };
  for (const auto& model : context.models)
    for (const auto& table : model.references) add(table, read[model.name]);
  std::vector<std::string> rows;
  for (const auto& metric : metrics) {
    std::set<std::string> entities;
    for (const auto& table : models::referenced_tables(metric.sql())) add(table, entities);
    for (const auto& entity : entities)
      rows.push_back(fmt::format("({}, {})", sql_text(metric.name), sql_text(entity)));
  }
  if (rows.empty()) return {};
  // Written only if it differs: a run that changes nothing writes nothing here.
  return context.connection.execute(fmt::format(
      "create or replace temp table metric_entities as select * from (values {}) t(metric, entity); delete from "
      "meta.metric_entities where (metric, entity) not in (from metric_entities); insert into meta.metric_entities "
      "from "
      "metric_entities where (metric, entity) not in (from meta.metric_entities)",
      fmt::join(rows, ", ")));
}

}  // namespace deskhouse::pipeline
