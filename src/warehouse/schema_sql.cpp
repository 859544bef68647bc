#include "warehouse/schema_sql.h"

#include <fmt/format.h>

#include <map>

#include "base/fault.h"
#include "base/keys.h"
#include "schema/catalog.h"
#include "warehouse/partitions.h"

namespace deskhouse::warehouse {

const std::vector<Versioned>& versioned_entities() {
  static const std::vector<Versioned> kVersioned = {{"agents", "agent_versions"}, {"requesters", "requester_versions"}};
  return kVersioned;
}

namespace {

std::vector<FixedTable> tables_of_runs() {
  return {
      {"staging.raw_blocks", "Raw records as extracted, in compressed blocks; `deskhouse explain record` reads them",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, file VARCHAR NOT NULL, "
       "first_position BIGINT NOT NULL, "
       "records BIGINT NOT NULL, bytes BIGINT NOT NULL, extracted_at TIMESTAMP NOT NULL, payload BLOB NOT NULL",
       "payload"},
      {"staging.quarantine", "Every rejected record with its raw bytes and all reasons, until replayed or purged",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, file VARCHAR NOT NULL, position "
       "BIGINT NOT NULL, "
       "record BIGINT NOT NULL, line BIGINT NOT NULL, record_id VARCHAR, header VARCHAR, raw BLOB NOT NULL, reasons "
       "VARCHAR NOT NULL, "
       "extracted_at TIMESTAMP NOT NULL, status VARCHAR NOT NULL, replayed_run_id BIGINT"},
      {"meta.state",
       "One row: what the published data is as of; unsettled_since: the first run of those whose checks and quality "
       "score wait for a later run, models_since: whose models do (docs/stream.md)",
       "as_of TIMESTAMP NOT NULL, data_version BIGINT NOT NULL, schema_fingerprint VARCHAR NOT NULL, "
       "config_fingerprint VARCHAR NOT NULL, unsettled_since BIGINT, models_since BIGINT"},
      {"meta.runs",
       "Every run, whatever became of it; source: the only one that it read; folded: so many micro-batches of an hour, "
       "of "
       "which first_run_id was the first, are this row (docs/stream.md)",
       "run_id BIGINT NOT NULL, kind VARCHAR NOT NULL, status VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, "
       "finished_at TIMESTAMP, "
       "as_of TIMESTAMP NOT NULL, error VARCHAR, version VARCHAR NOT NULL, source VARCHAR, folded BIGINT, first_run_id "
       "BIGINT"},
      {"meta.balances",
       "extracted = loaded + unchanged + superseded + quarantined, by run, source and entity; ties: decided by "
       "position alone",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, extracted BIGINT NOT NULL, loaded "
       "BIGINT NOT NULL, "
       "unchanged BIGINT NOT NULL, superseded BIGINT NOT NULL, quarantined BIGINT NOT NULL, ties BIGINT NOT NULL"},
      {"meta.stages",
       "Each stage of a run: what went in and out, how long it worked, the memory of the process at its highest",
       "run_id BIGINT NOT NULL, stage VARCHAR NOT NULL, name VARCHAR NOT NULL, rows_in BIGINT NOT NULL, rows_out "
       "BIGINT NOT NULL, "
       "errors BIGINT NOT NULL, bytes BIGINT NOT NULL, seconds DOUBLE NOT NULL, peak_memory_bytes BIGINT NOT NULL"},
      {"meta.load_batches", "Each batch that was loaded, and what became of it; of a stream those that did not go well",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, number BIGINT NOT NULL, rows BIGINT "
       "NOT NULL, "
       "status VARCHAR NOT NULL, error VARCHAR, duration_seconds DOUBLE NOT NULL"},
      {"meta.watermarks",
       "How far each entity of a source was read: the latest updated_at loaded, and the source's own note of where it "
       "was",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, watermark TIMESTAMP, run_id BIGINT NOT NULL, state VARCHAR"},
      {"meta.backfills",
       "What is left of backfills that are published piece by piece and are not done: the same `deskhouse backfill` "
       "goes "
       "on from there",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, from_at TIMESTAMP NOT NULL, to_at TIMESTAMP NOT NULL, run_id "
       "BIGINT NOT NULL, state VARCHAR NOT NULL"},
      {"meta.unavailable",
       "Entities that a source did not give at all in a run, which does not mean that they are empty",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, reason VARCHAR NOT NULL"},
      {"meta.source_calls",
       "Requests that a run sent to a source that is asked call by call, and about how many are left",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, calls BIGINT NOT NULL, calls_left BIGINT, seconds_left "
       "BIGINT, "
       "unfinished BOOLEAN NOT NULL"},
      {"meta.imported_sla", "SLA policies and calendars that a source keeps, as deskhouse.toml would say them",
       "source VARCHAR NOT NULL, toml VARCHAR NOT NULL, run_id BIGINT NOT NULL"},
      {"meta.field_counts", "How often a field's value was changed on the way in: a default is not a silent repair",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, field VARCHAR NOT NULL, nulled "
       "BIGINT NOT NULL, "
       "defaulted BIGINT NOT NULL, converted BIGINT NOT NULL, ambiguous_time BIGINT NOT NULL, formats VARCHAR, "
       "discarded "
       "BIGINT NOT NULL"},
      {"meta.unmapped_columns", "Columns that a source has and no mapping names",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, column_name VARCHAR NOT NULL"},
      {"meta.dropped_tickets",
       "Tickets of months that were dropped (`deskhouse partitions`), by key; they are left out when they are read "
       "again",
       "key BIGINT NOT NULL, month DATE NOT NULL, run_id BIGINT NOT NULL"},
      {"meta.models", "Each model as it was last built",
       "name VARCHAR NOT NULL, kind VARCHAR NOT NULL, text_hash VARCHAR NOT NULL, run_id BIGINT NOT NULL"},
  };
}

// How the warehouse is kept tidy.
std::vector<FixedTable> tables_of_upkeep() {
  return {
      {"meta.maintenance", "Each time that a lake was tidied up (`deskhouse maintain`), and what became of its files",
       "started_at TIMESTAMP NOT NULL, seconds DOUBLE NOT NULL, snapshots_expired BIGINT NOT NULL, files_merged BIGINT "
       "NOT NULL, files_written BIGINT NOT NULL, files_removed BIGINT NOT NULL, orphans_removed BIGINT NOT NULL"},
      {"meta.row_groups",
       "Which row groups of a table were merged (docs/decisions/0063): places: how many it had then, start: the first "
       "of each part that stayed",
       "table_name VARCHAR NOT NULL, places BIGINT NOT NULL, start BIGINT NOT NULL"},
  };
}

// What checks found, and how far the numbers can be trusted.
std::vector<FixedTable> tables_of_quality() {
  return {
      {"meta.check_results", "Each check of each run",
       "run_id BIGINT NOT NULL, check_name VARCHAR NOT NULL, severity VARCHAR NOT NULL, status VARCHAR NOT NULL, "
       "violations BIGINT NOT NULL, "
       "error VARCHAR, seconds DOUBLE NOT NULL"},
      {"meta.violations", "Rows that a check named, by the run that found them; append-only",
       "run_id BIGINT NOT NULL, check_name VARCHAR NOT NULL, severity VARCHAR NOT NULL, entity VARCHAR NOT NULL, id "
       "VARCHAR, field VARCHAR, "
       "value VARCHAR, message VARCHAR NOT NULL, source VARCHAR, expected VARCHAR"},
      {"meta.quality", "How far the records of an entity can be trusted, by run (docs/quality.md)",
       "run_id BIGINT NOT NULL, entity VARCHAR NOT NULL, records BIGINT NOT NULL, quarantined BIGINT NOT NULL, "
       "completeness DOUBLE NOT NULL, validity DOUBLE NOT NULL, consistency DOUBLE NOT NULL, score DOUBLE NOT NULL, "
       "newest_at TIMESTAMP, age_seconds BIGINT"},
      {"meta.metric_entities", "The entities that a metric is computed from, as of the last run",
       "metric VARCHAR NOT NULL, entity VARCHAR NOT NULL"},
      {"meta.resolutions", "Violations that a run looked for again and did not find; append-only",
       "run_id BIGINT NOT NULL, check_name VARCHAR NOT NULL, entity VARCHAR NOT NULL, source VARCHAR, id VARCHAR, "
       "field "
       "VARCHAR"},
  };
}

// What was seen of the sources beside their records.
std::vector<FixedTable> tables_of_sources() {
  return {
      {"meta.cluster_batches",
       "Batches that a cluster prepared (docs/spark.md): each is published once, however often it is submitted",
       "batch VARCHAR NOT NULL, run_id BIGINT NOT NULL, tasks BIGINT NOT NULL, published_at TIMESTAMP NOT NULL"},
      {"staging.discarded_values",
       "Values that did not read and became NULL, with their record, where the contract is discard_value",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, file VARCHAR NOT NULL, position "
       "BIGINT NOT NULL, record_id VARCHAR NOT NULL, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR "
       "NOT "
       "NULL, header VARCHAR NOT NULL, raw BLOB NOT NULL, extracted_at TIMESTAMP NOT NULL"},
      {"meta.source_columns",
       "The columns of each entity of a source as of the latest run; is_gone: it had them once, and a field names "
       "them; "
       "is_always: of an API's records, none lacked it so far",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, column_name VARCHAR NOT NULL, type VARCHAR NOT NULL, is_gone "
       "BOOLEAN NOT NULL, run_id BIGINT NOT NULL, is_always BOOLEAN NOT NULL"},
      {"meta.schema_changes", "Columns that came, went or changed their type, and what was done about it",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, column_name VARCHAR NOT NULL, fields "
       "VARCHAR NOT NULL, change VARCHAR NOT NULL, type_before VARCHAR NOT NULL, type_after VARCHAR NOT NULL, action "
       "VARCHAR NOT NULL"},
      {"meta.sweeps",
       "Each search for records that are gone: how many of the known ones the source still lists, and what was done",
       "run_id BIGINT NOT NULL, source VARCHAR NOT NULL, entity VARCHAR NOT NULL, status VARCHAR NOT NULL, known "
       "BIGINT "
       "NOT NULL, listed BIGINT NOT NULL, deleted BIGINT NOT NULL, returned BIGINT NOT NULL, message VARCHAR, "
       "started_at "
       "TIMESTAMP NOT NULL, seconds DOUBLE NOT NULL"},
      {"meta.sweep_rounds",
       "Searches that take several runs, ticket by ticket: the id after which the next run goes on; is_asked: by run "
       "--sweep",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, after VARCHAR NOT NULL, "
       "is_asked BOOLEAN NOT NULL"},
      {"meta.tombstones",
       "Records that a sweep found gone, and when they came back; row_hash: their content when they were last seen",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, id VARCHAR NOT NULL, key BIGINT NOT NULL, row_hash BIGINT "
       "NOT "
       "NULL, found_at TIMESTAMP NOT NULL, run_id BIGINT NOT NULL, returned_at TIMESTAMP, returned_run_id BIGINT"},
      {"meta.stream_offsets",
       "How far each partition of a stream was read, as of the run that published what is before next_offset; "
       "fingerprint: of the message before it",
       "cluster_id VARCHAR NOT NULL, topic VARCHAR NOT NULL, partition BIGINT NOT NULL, next_offset BIGINT NOT NULL, "
       "fingerprint BIGINT, run_id BIGINT NOT NULL"},
      {"staging.stream_events",
       "Of records that got partial events: the last whole document, and the partial ones that come after it",
       "source VARCHAR NOT NULL, entity VARCHAR NOT NULL, key BIGINT NOT NULL, event_at TIMESTAMP NOT NULL, version "
       "BIGINT "
       "NOT NULL, hash BIGINT NOT NULL, is_whole BOOLEAN NOT NULL, fields VARCHAR NOT NULL, run_id BIGINT NOT NULL"},
  };
}

// Alerts, and what is to be sent of them (src/alerts/store.h).
std::vector<FixedTable> tables_of_alerts() {
  return {
      {"meta.alerts", "Alerts that are pending or firing: one row for each rule and thing that is not well",
       "rule VARCHAR NOT NULL, labels VARCHAR NOT NULL, state VARCHAR NOT NULL, severity VARCHAR NOT NULL, since "
       "TIMESTAMP NOT NULL, fired_at TIMESTAMP, told_at TIMESTAMP, well_since TIMESTAMP, told BIGINT NOT NULL, value "
       "DOUBLE NOT NULL, threshold DOUBLE NOT NULL, detail VARCHAR NOT NULL, channels VARCHAR NOT NULL"},
      {"meta.alert_events", "What became of alerts, and when; append-only",
       "happened_at TIMESTAMP NOT NULL, rule VARCHAR NOT NULL, labels VARCHAR NOT NULL, event VARCHAR NOT NULL, "
       "severity "
       "VARCHAR NOT NULL, value DOUBLE NOT NULL, threshold DOUBLE NOT NULL, since TIMESTAMP NOT NULL, detail VARCHAR "
       "NOT NULL"},
      {"meta.alert_outbox",
       "Messages of alerts, in order, until a while after they were sent; id: the same however often it is sent",
       "number BIGINT NOT NULL, id VARCHAR NOT NULL, channel VARCHAR NOT NULL, event VARCHAR NOT NULL, payload VARCHAR "
       "NOT NULL, created_at TIMESTAMP NOT NULL, status VARCHAR NOT NULL, attempts BIGINT NOT NULL, last_error "
       "VARCHAR, sent_at TIMESTAMP"},
      {"meta.alert_channels", "How each channel does: messages sent, attempts that failed, in all and in a row",
       "channel VARCHAR NOT NULL, sent BIGINT NOT NULL, failures BIGINT NOT NULL, failures_in_row BIGINT NOT NULL, "
       "next_attempt_at TIMESTAMP, last_sent_at TIMESTAMP, last_error VARCHAR, last_error_at TIMESTAMP"},
      {"meta.stream_lag", "One row: messages of the stream that were there and not read when it was last looked at",
       "observed_at TIMESTAMP NOT NULL, messages BIGINT NOT NULL"},
  };
}

}  // namespace

const std::vector<FixedTable>& fixed_tables() {
  static const std::vector<FixedTable> kTables = [] {
    auto tables = tables_of_runs();
    for (const auto& table : tables_of_upkeep()) tables.push_back(table);
    for (const auto& table : tables_of_quality()) tables.push_back(table);
    for (const auto& table : tables_of_sources()) tables.push_back(table);
    for (const auto& table : tables_of_alerts()) tables.push_back(table);
    return tables;
  }();
  return kTables;
}

const std::vector<FixedView>& fixed_views() {
  static const std::vector<FixedView> kViews = {
      {"meta.violation_states",
       "Each violation once: when it was first and last found, as of which times, and whether it is open; value, "
       "expected and message are those of the last time",
       "with log as (select check_name, entity, source, id, field, run_id, severity, value, expected, message from "
       "meta.violations union all select check_name, entity, source, id, field, -run_id, null, null, null, null from "
       "meta.resolutions), states as (select check_name, entity, source, id, field, arg_max(severity, run_id) as "
       "severity, arg_max_null(value, run_id) as value, arg_max_null(expected, run_id) as expected, arg_max(message, "
       "run_id) as message, min(run_id) filter (run_id > 0) as first_run_id, max(run_id) as last_run_id, "
       "max(-run_id) filter (run_id < 0) as resolved_run_id from log group by check_name, entity, source, id, field) "
       "select s.* replace (case when resolved_run_id > last_run_id then resolved_run_id end as resolved_run_id), "
       "resolved_run_id is null or resolved_run_id < last_run_id as is_open, f.as_of as first_seen, l.as_of as "
       "last_seen from states s left join meta.runs f on f.run_id = s.first_run_id left join meta.runs l on l.run_id = "
       "s.last_run_id"},
      {"meta.open_violations",
       "How many violations of each check are open: what meta.violation_states counts, by hashes of 128 bits instead "
       "of "
       "texts",
       "with log as (select check_name, hash(source, id) as record, hash(entity, field) as place, run_id from "
       "meta.violations union all select check_name, hash(source, id), hash(entity, field), -run_id from "
       "meta.resolutions), open as (select check_name, record, place from log group by all having "
       "coalesce(max(-run_id) filter (run_id < 0), 0) < max(run_id)) select check_name, count(*) as violations from "
       "open "
       "group by check_name"},
      {"meta.metric_quality", "How far each metric can be trusted, by run (docs/quality.md)",
       "select q.run_id, m.metric, min(q.score) as score, min(q.completeness) as completeness, min(q.age_seconds) as "
       "age_seconds from meta.quality q join meta.metric_entities m using (entity) group by q.run_id, m.metric"},
  };
  return kViews;
}

namespace {

std::string zero_of(std::string_view type) {
  if (type == "VARCHAR" || type == "BLOB") return "''";
  if (type == "BOOLEAN") return "false";
  if (type == "TIMESTAMP") return "TIMESTAMP '1970-01-01'";
  if (type == "DATE") return "DATE '1970-01-01'";
  return "0";
}

// Name -> (type, nullable) of a table's columns.
using Columns = std::vector<std::pair<std::string, std::pair<std::string, bool>>>;
// Of all tables that there are, by schema.table.
Result<std::map<std::string, Columns>> present_columns(Connection& connection) {
  DH_ASSIGN(auto rows,
            connection.query("select schema_name || '.' || table_name, column_name, data_type, is_nullable from "
                             "duckdb_columns() where database_name = current_database() order by column_index"));
  std::map<std::string, Columns> tables;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    tables[rows.display(i, 0)].push_back({rows.display(i, 1), {rows.display(i, 2), rows.integer(i, 3) != 0}});
  return tables;
}

// Brings an existing table with the columns `present` to those that are `wanted`.
Status migrate_table(Connection& connection, const std::string& table, const Columns& present, const Columns& wanted) {
  std::map<std::string, std::string> types;
  for (const auto& [name, column] : wanted) types[name] = column.first;
  std::map<std::string, std::string> have;
  for (const auto& [name, column] : present) {
    have[name] = column.first;
    const auto it = types.find(name);
    const char* advice =
        "Run this Deskhouse against a new warehouse file and load again, or go back to the version that wrote it";
    if (it == types.end())
      return fail(Error::Kind::warehouse,
                  fmt::format("{} has a column {} that this version does not know. {}.", table, name, advice));
    if (it->second != column.first)
      return fail(
          Error::Kind::warehouse,
          fmt::format("{}.{} is {} in the file and {} in this version; only added columns migrate by themselves. {}.",
                      table, name, column.first, it->second, advice));
  }
  for (const auto& [name, column] : wanted) {
    if (have.contains(name)) continue;
    const auto [type, nullable] = column;
    DH_TRY(connection.execute(fmt::format("alter table {} add column {} {}{}", table, sql_name(name), type,
                                          nullable ? "" : " default " + zero_of(type))));
  }
  return {};
}

struct Wanted {
  std::string schema, table, create;  // create: statement with {} for the qualified name
  std::string name() const { return fmt::format("{}.{}", schema, table); }
  std::string shadow() const { return fmt::format("{}.migration_{}", schema, table); }
  std::string create_as(const std::string& name) const { return fmt::format(fmt::runtime(create), name); }
};

std::vector<Wanted> wanted_tables(bool is_of_lake) {
  std::vector<Wanted> all;
  for (const auto& t : fixed_tables()) {
    const auto dot = t.name.find('.');
    std::string columns(t.columns);
    // DuckDB would pack them once more, and unpack 2,048 of them to find one: 600 MB of raw blocks.
    if (!t.packed.empty() && !is_of_lake) {
      const auto packed = fmt::format("{} BLOB", t.packed);
      const auto at = columns.find(packed);
      DH_ASSERT(at != std::string::npos, "a packed column is one of bytes");
      columns.insert(at + packed.size(), " USING COMPRESSION uncompressed");
    }
    all.push_back({std::string(t.name.substr(0, dot)), std::string(t.name.substr(dot + 1)),
                   fmt::format("create table {{}} ({})", columns)});
  }
  for (const auto& entity : schema::entities())
    all.push_back({"operational", std::string(entity.name), schema::create_table_sql(entity, "{}")});
  for (const auto& v : versioned_entities())
    all.push_back({"operational", v.table, schema::create_table_sql(*schema::find_entity(v.entity), "{}")});
  return all;
}

std::string whole_fingerprint() {
  std::string text = schema::fingerprint();
  for (const auto& entity : schema::entities()) text += fmt::format("|by {}", schema::partition_column(entity.name));
  for (const auto& t : fixed_tables()) text += fmt::format("|{}({})", t.name, t.columns);
  for (const auto& v : fixed_views()) text += fmt::format("|{}({})", v.name, v.select);
  return fmt::format("{:016x}", static_cast<std::uint64_t>(natural_key("schema", text)));
}

// DuckLake keeps in mind what it knows of a table's columns, but not that it knows nothing: of a table that was never
// written to, each statement asks the catalogue once a column. A row that comes and goes again is something to know.
// Whoever dies in between leaves a lake without a fingerprint, which the next one empties.
Status write_once(Connection& connection) {
  DH_ASSIGN(auto present, present_columns(connection));
  for (const auto& t : wanted_tables(connection.is_of_lake())) {
    std::string values;
    for (const auto& [name, column] : present[t.name()]) {
      const auto& [type, nullable] = column;
      values += fmt::format("{}{}", values.empty() ? "" : ", ", nullable ? "null" : zero_of(type));
    }
    DH_TRY(connection.execute(fmt::format("insert into {} values ({})", t.name(), values)));
  }
  return {};
}

Status store_fingerprint(Connection& connection) {
  return connection.execute(fmt::format(
      "insert into meta.state select TIMESTAMP '1970-01-01', 0, '', '', null, null where not exists (from meta.state);"
      "update meta.state set schema_fingerprint = {}",
      sql_text(whole_fingerprint())));
}

// Creates and migrates tables and views.
Status migrate_tables(Connection& connection) {
  for (const auto* schema : kSchemas) DH_TRY(connection.execute(fmt::format("create schema if not exists {}", schema)));
  const auto all = wanted_tables(connection.is_of_lake());
  DH_ASSIGN(auto present, present_columns(connection));
  for (const auto& t : all) DH_TRY(connection.execute(t.create_as(present.contains(t.name()) ? t.shadow() : t.name())));
  DH_ASSIGN(auto wanted, present_columns(connection));
  for (const auto& t : all) {
    if (present.contains(t.name())) {
      DH_TRY(connection.execute(fmt::format("drop table {}", t.shadow())));
      DH_TRY(migrate_table(connection, t.name(), present[t.name()], wanted[t.shadow()]));
    }
    if (t.schema == "operational") DH_TRY(partition_by_month(connection, t.name(), schema::partition_column(t.table)));
  }
  for (const auto& v : fixed_views())
    DH_TRY(connection.execute(fmt::format("create or replace view {} as {}", v.name, v.select)));
  return {};
}

}  // namespace

Result<bool> migrate(Connection& connection) {
  DH_ASSIGN(
      const auto known,
      connection.scalar("select count(*) from duckdb_columns() where schema_name = 'meta' and table_name = 'state' "
                        "and database_name = current_database()"));
  bool is_new = known.value_or(0) == 0;
  if (!is_new) {
    DH_ASSIGN(const auto stored, connection.scalar_text("select schema_fingerprint from meta.state"));
    if (stored == whole_fingerprint()) return false;
    is_new = stored == "";
  }
  DH_ASSIGN(auto transaction, Transaction::begin(connection));
  DH_TRY(migrate_tables(connection));
  if (is_new && connection.is_of_lake()) {
    DH_TRY(write_once(connection));
    DH_TRY(transaction.commit());
    fault_point("lake_written_once");
    DH_ASSIGN(transaction, Transaction::begin(connection));
    for (const auto& t : wanted_tables(true)) DH_TRY(connection.execute("delete from " + t.name()));
  }
  DH_TRY(store_fingerprint(connection));
  DH_TRY(transaction.commit());
  return true;
}

}  // namespace deskhouse::warehouse
