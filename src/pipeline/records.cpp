#include "pipeline/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>

#include "base/json_text.h"
#include "base/version.h"
#include "pipeline/stages.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

using warehouse::sql_text;
using warehouse::sql_timestamp;

Timestamp now() {
  return Timestamp{
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

namespace {

// What runs write piece by piece, before they are published.
constexpr const char* kUnpublished[] = {"staging.raw_blocks", "staging.quarantine", "staging.discarded_values"};

}  // namespace

Result<std::int64_t> begin_run(warehouse::Connection& connection, const std::string& kind, Timestamp as_of,
                               const std::string& source) {
  DH_ASSIGN(const auto id, connection.scalar("select coalesce(max(run_id), 0) + 1 from meta.runs"));
  DH_TRY(connection.execute(fmt::format(
      "insert into meta.runs (run_id, kind, status, started_at, as_of, version, source) values ({}, {}, 'running', {}, "
      "{}, {}, {})",
      *id, sql_text(kind), sql_timestamp(now()), sql_timestamp(as_of), sql_text(kVersion),
      source.empty() ? "null" : sql_text(source))));
  return *id;
}

Status end_run(warehouse::Connection& connection, std::int64_t run_id, const std::string& status,
               const std::string& error) {
  return connection.execute(
      fmt::format("update meta.runs set status = {}, finished_at = {}, error = {} where run_id = {}", sql_text(status),
                  sql_timestamp(now()), error.empty() ? "null" : sql_text(lossy_utf8(error)), run_id));
}

Status mark_interrupted_runs(warehouse::Connection& connection) {
  DH_ASSIGN(const auto running, connection.scalar("select count(*) from meta.runs where status = 'running'"));
  if (running.value_or(0) == 0) return {};
  DH_TRY(forget_unpublished(connection));
  return connection.execute(
      "update meta.runs set status = 'interrupted', error = 'the process ended before the run did; nothing of it is "
      "visible' where status = 'running'");
}

Status forget_raw(warehouse::Connection& connection, std::int64_t run_id, const config::EntityMapping& mapping) {
  for (const auto* table : kUnpublished)
    DH_TRY(connection.execute(fmt::format("delete from {} where run_id = {} and source = {} and entity = {}", table,
                                          run_id, sql_text(mapping.source), sql_text(mapping.entity))));
  return {};
}

Status forget_unpublished(warehouse::Connection& connection) {
  for (const auto* table : kUnpublished)
    DH_TRY(connection.execute(fmt::format(
        "delete from {} where run_id in (select run_id from meta.runs where status <> 'succeeded')", table)));
  return {};
}

Status drop_leftovers(warehouse::Connection& connection) {
  // By their columns: for the sizes in a list of tables, a lake is asked for each of them.
  DH_ASSIGN(auto tables,
            connection.query("select distinct schema_name || '.' || table_name from duckdb_columns() where "
                             "database_name = current_database() and schema_name = 'operational' and "
                             "table_name like 'load\\_%' escape '\\'"));
  for (std::size_t i = 0; i < tables.row_count(); ++i) DH_TRY(connection.execute("drop table " + tables.display(i, 0)));
  return {};
}

Result<sources::Since> read_since(warehouse::Connection& connection, const config::EntityMapping& mapping) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format(
                "select watermark, coalesce(state, '') from meta.watermarks where source = {} and entity = {}",
                sql_text(mapping.source), sql_text(mapping.entity))));
  sources::Since since;
  if (rows.row_count() == 0) return since;
  if (!rows.is_null(0, 0)) since.watermark = Timestamp{rows.integer(0, 0)};
  since.state = rows.display(0, 1);
  return since;
}

namespace {

std::string backfill_of(const config::EntityMapping& mapping, const sources::Period& period) {
  return fmt::format("source = {} and entity = {} and from_at = {} and to_at = {}", sql_text(mapping.source),
                     sql_text(mapping.entity), sql_timestamp(period.from), sql_timestamp(period.to));
}

}  // namespace

Result<sources::Since> read_since_of(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                     const sources::Period& period) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format("select state from meta.backfills where {}", backfill_of(mapping, period))));
  sources::Since since;
  since.period = period;
  if (rows.row_count() > 0) since.state = rows.display(0, 0);
  return since;
}

Result<std::optional<Timestamp>> end_of_unfinished(warehouse::Connection& connection, Timestamp from) {
  DH_ASSIGN(const auto to, connection.scalar(fmt::format("select max(to_at) from meta.backfills where from_at = {}",
                                                         sql_timestamp(from))));
  return to ? std::optional(Timestamp{*to}) : std::nullopt;
}

namespace {

std::string formats_json(const std::map<std::string, std::int64_t>& formats) {
  std::string out = "{";
  for (const auto& [format, count] : formats)
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json_text(format), count);
  return out + "}";
}

Status record_fields(warehouse::Connection& connection, std::int64_t run_id, std::span<const Extraction> extractions) {
  const auto is_worth_it = [](const auto& c) {
    return c.nulled + c.defaulted + c.converted + c.discarded + c.ambiguous_time > 0 || c.formats.size() > 1;
  };
  const auto has_any = [&](const Extraction& x) {
    return std::ranges::any_of(x.fields, [&](const auto& field) { return is_worth_it(field.second); });
  };
  if (std::ranges::none_of(extractions, has_any)) return {};
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "meta", "field_counts"));
  for (const auto& x : extractions)
    for (const auto& [field, c] : x.fields) {
      if (!is_worth_it(c)) continue;
      writer.integer(run_id)
          .text(x.mapping->source)
          .text(x.mapping->entity)
          .text(field)
          .integer(c.nulled)
          .integer(c.defaulted)
          .integer(c.converted);
      writer.integer(c.ambiguous_time)
          .maybe_text(c.formats.empty() ? std::nullopt : std::optional(formats_json(c.formats)))
          .integer(c.discarded);
      DH_TRY(writer.end_row());
    }
  return writer.flush();
}

std::vector<Stage> stages_of(const Extraction& x) {
  const auto name = x.mapping->source + "." + x.mapping->entity;
  const auto& b = x.balance;
  const auto staged = b.extracted - (b.quarantined - x.refused);
  return {
      {"extract", name, b.extracted, b.extracted, 0, x.bytes, x.extract_seconds, x.peak_memory_bytes},
      {"transform", name, b.extracted, staged, b.extracted - staged, x.bytes, x.transform_seconds, x.peak_memory_bytes},
      {"load", name, staged, staged - x.refused, x.refused, 0, x.load_seconds, x.peak_memory_bytes},
      {"publish", name, staged - x.refused, b.loaded, 0, 0, x.publish_seconds, x.peak_memory_bytes}};
}

Status record_batches(warehouse::Connection& connection, std::int64_t run_id, std::span<const Extraction> extractions) {
  // The one batch of a micro-batch that went well is what its balance says.
  const auto says_nothing_new = [](const Extraction& x) {
    return x.is_fed && std::ranges::all_of(x.batches, [](const auto& b) { return b.status == "loaded"; });
  };
  if (std::ranges::all_of(extractions, says_nothing_new)) return {};
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "meta", "load_batches"));
  for (const auto& x : extractions) {
    if (says_nothing_new(x)) continue;
    for (const auto& b : x.batches) {
      writer.integer(run_id)
          .text(x.mapping->source)
          .text(x.mapping->entity)
          .integer(b.number)
          .integer(b.rows)
          .text(b.status);
      writer.maybe_text(b.error.empty() ? std::nullopt : std::optional(lossy_utf8(b.error))).real(b.seconds);
      DH_TRY(writer.end_row());
    }
  }
  return writer.flush();
}

// Rows of one INSERT.
class Values {
 public:
  void add(std::string row) { text_ += fmt::format("{}({})", text_.empty() ? "" : ", ", row); }
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  // "" without rows.
  std::string into(std::string_view table) const {
    return empty() ? std::string() : fmt::format("insert into {} values {};", table, text_);
  }

 private:
  std::string text_;
};

}  // namespace

// Each table is written to once: of a lake each writing is a file, and the next one looks at all before.
Status record_extractions(warehouse::Connection& connection, std::int64_t run_id,
                          std::span<const Extraction> extractions) {
  Values balances, read, backfills, unavailable, unmapped;
  std::string sql;
  std::vector<Stage> stages;
  for (const auto& x : extractions) {
    const auto of = fmt::format("{}, {}", sql_text(x.mapping->source), sql_text(x.mapping->entity));
    const auto& b = x.balance;
    balances.add(fmt::format("{}, {}, {}, {}, {}, {}, {}, {}", run_id, of, b.extracted, b.loaded, b.unchanged,
                             b.superseded, b.quarantined, b.ties));
    if (!x.backfill && !x.is_fed && (x.watermark || !x.state.empty()))
      read.add(fmt::format("{}, {}::timestamp, {}::varchar", of, x.watermark ? sql_timestamp(*x.watermark) : "null",
                           x.state.empty() ? "null" : sql_text(x.state)));
    if (x.backfill) sql += fmt::format("delete from meta.backfills where {};", backfill_of(*x.mapping, *x.backfill));
    if (x.backfill && x.unfinished)
      backfills.add(fmt::format("{}, {}, {}, {}, {}", of, sql_timestamp(x.backfill->from),
                                sql_timestamp(x.backfill->to), run_id, sql_text(x.state)));
    if (!x.unavailable.empty())
      unavailable.add(fmt::format("{}, {}, {}", run_id, of, sql_text(lossy_utf8(x.unavailable))));
    for (const auto& column : x.unmapped_columns)
      unmapped.add(fmt::format("{}, {}, {}", run_id, of, sql_text(lossy_utf8(column))));
    std::ranges::move(stages_of(x), std::back_inserter(stages));
  }
  // A partial delivery may bring only old records: what was read stays read. A backfill says nothing of what is new.
  if (!read.empty())
    sql += fmt::format(
        "create or replace temp table watermark as select source, entity, greatest(max(w.watermark), "
        "any_value(n.latest)) as latest, coalesce(any_value(n.state), max(w.state)) as state from (values {}) "
        "n(source, "
        "entity, latest, state) left join meta.watermarks w using (source, entity) group by all; delete from "
        "meta.watermarks where (source, entity) in (select (source, entity) from watermark); insert into "
        "meta.watermarks (source, entity, watermark, run_id, state) select source, entity, latest, {}, state from "
        "watermark;",
        read.text(), run_id);
  sql += balances.into("meta.balances") + backfills.into("meta.backfills") + unavailable.into("meta.unavailable") +
         unmapped.into("meta.unmapped_columns");
  if (!sql.empty()) DH_TRY(connection.execute(sql));
  DH_TRY(record_stages(connection, run_id, stages));
  DH_TRY(record_fields(connection, run_id, extractions));
  return record_batches(connection, run_id, extractions);
}

Status record_calls(warehouse::Connection& connection, std::int64_t run_id,
                    const std::vector<Extraction>& extractions) {
  struct Calls {
    std::int64_t done = 0, left = -1, seconds = -1;
    bool unfinished = false;
  };
  std::map<std::string, Calls> by_source;
  for (const auto& x : extractions) {
    if (x.input.calls_done == 0) continue;
    auto& calls = by_source[x.mapping->source];
    calls.done = std::max(calls.done, x.input.calls_done);
    calls.left = std::max(calls.left, x.input.calls_left);
    calls.seconds = std::max(calls.seconds, x.input.seconds_left);
    calls.unfinished = calls.unfinished || x.unfinished;
  }
  const auto known = [](std::int64_t n) { return n < 0 ? std::string("null") : fmt::to_string(n); };
  for (const auto& [source, calls] : by_source)
    DH_TRY(connection.execute(fmt::format("insert into meta.source_calls values ({}, {}, {}, {}, {}, {})", run_id,
                                          sql_text(source), calls.done, calls.unfinished ? known(calls.left) : "0",
                                          calls.unfinished ? known(calls.seconds) : "0", calls.unfinished)));
  return {};
}

Status record_models(warehouse::Connection& connection, std::int64_t run_id,
                     const std::vector<models::Outcome>& outcomes) {
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "meta", "stages"));
  for (const auto& outcome : outcomes) {
    if (outcome.mode == models::Delta::Mode::none) continue;
    writer.integer(run_id)
        .text(outcome.mode == models::Delta::Mode::whole ? "model, whole" : "model, incremental")
        .text(outcome.model);
    writer.integer(std::max<std::int64_t>(outcome.keys, 0))
        .integer(std::max<std::int64_t>(outcome.keys, 0))
        .integer(0)
        .integer(0)
        .real(outcome.seconds)
        .integer(0);
    DH_TRY(writer.end_row());
  }
  return writer.flush();
}

Status purge_raw(warehouse::Connection& connection, Timestamp at, std::int64_t retention_seconds, std::int64_t run_id) {
  const Timestamp limit{at.us - retention_seconds * kMicrosPerSecond};
  return connection.execute(fmt::format("delete from staging.raw_blocks where extracted_at < {} and run_id <> {}",
                                        sql_timestamp(limit), run_id));
}

}  // namespace deskhouse::pipeline
