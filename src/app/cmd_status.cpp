// deskhouse status: what became of every record, and how old the data is.
#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "app/command.h"
#include "app/console.h"
#include "app/log.h"
#include "app/sections.h"
#include "base/json_text.h"
#include "pipeline/records.h"
#include "warehouse/maintenance.h"
#include "warehouse/snapshots.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::int64_t run = 0, watch = 0;
};

constexpr auto kRuns =
    "select run_id as run, kind || coalesce(', ' || folded || ' micro-batches', '') as kind, status, started_at, "
    "round(epoch_us(finished_at - started_at) / 1e6, 2) as seconds, "
    "as_of, error from meta.runs order by run_id desc limit 10";

constexpr auto kBalances =
    "select source, entity, extracted, loaded, unchanged, superseded, quarantined, ties, "
    "case when extracted = loaded + unchanged + superseded + quarantined then 'OK' else 'MISMATCH' end as balance from "
    "meta.balances where run_id = {} order by source, entity";

constexpr auto kQuarantine =
    "select source, entity, status, count(*) as records, count(distinct run_id) as runs, max(extracted_at) as newest "
    "from staging.quarantine group by all order by all";

constexpr auto kFields =
    "select source, entity, field, nulled, defaulted, converted, discarded, ambiguous_time, formats from "
    "meta.field_counts where "
    "run_id = {} order by all";

constexpr auto kUnmapped =
    "select source, entity, string_agg(column_name, ', ' order by column_name) as columns from meta.unmapped_columns "
    "where run_id = {} group by all order by all";

// Of every source and entity the latest sweep that did something or was to; what came back without one stands there
// too.
constexpr auto kSweeps =
    "select source, entity, run_id as run, started_at, status, known, listed, deleted, returned, message from "
    "meta.sweeps "
    "qualify row_number() over (partition by source, entity order by run_id desc) = 1 order by all";

constexpr auto kDeleted =
    "select source, entity, count(*) as records, min(found_at) as since, max(found_at) as until from meta.tombstones "
    "where returned_at is null group by all order by all";

constexpr auto kSchemaChanges =
    "select run_id as run, source, entity, column_name as \"column\", change, type_before, type_after, fields, action "
    "from meta.schema_changes order by run_id desc, source, entity, column_name limit 20";
constexpr auto kUnavailable = "select source, entity, reason from meta.unavailable where run_id = {} order by all";

constexpr auto kCalls =
    "select source, calls, calls_left, seconds_left, unfinished from meta.source_calls where run_id = {} order by all";

constexpr auto kBatches =
    "select source, entity, count(*) as batches, sum(rows)::bigint as rows, count(*) filter (status <> 'loaded') as "
    "split, "
    "max(duration_seconds) as slowest_seconds, max(error) as error from meta.load_batches where run_id = {} group by "
    "all order by all";

constexpr auto kViolations =
    "select check_name as \"check\", severity, status, violations, error from meta.check_results where run_id = {} and "
    "status <> 'passed' order by all";

constexpr auto kStages =
    "select stage, name, rows_in, rows_out, errors, round(seconds, 3) as seconds, if(seconds > 0, "
    "round(rows_in / seconds)::bigint, null) as rows_per_second, bytes, round(peak_memory_bytes / 1048576.0, 1) as "
    "peak_mib from meta.stages where run_id = {} and stage not like 'model,%' order by name = 'all', name, "
    "list_position(['extract', 'transform', 'load', 'publish', 'models', 'checks'], stage)";
// Of each check how many of its violations are open, and three of them.
constexpr auto kOpenViolations =
    "select check_name as \"check\", entity, severity, count(*) as open, min(first_seen) as first_seen, max(last_seen) "
    "as "
    "last_seen, array_to_string(list(coalesce(id, field) order by first_run_id desc, id)[:3], ', ') as examples from "
    "meta.violation_states where is_open group by all order by all";

constexpr auto kQuality =
    "select entity, round(score, 2) as score, round(100 * completeness, 2) as complete_percent, round(100 * validity, "
    "2) as "
    "valid_percent, round(100 * consistency, 2) as consistent_percent, newest_at, round(age_seconds / 3600, 1) as "
    "age_hours from meta.quality where run_id = (select max(run_id) from meta.quality) order by entity";
constexpr auto kAlerts =
    "select state, severity, rule, labels as \"of\", value, threshold, since, detail from meta.alerts order by all";
constexpr auto kUndelivered =
    "select channel, count(*) as messages, min(created_at) as since, max(attempts) as attempts, any_value(o.status) as "
    "status, any_value(c.last_error) as last_error from meta.alert_outbox o left join meta.alert_channels c using "
    "(channel) where o.status <> 'sent' group by all order by all";

// What a mapping says instead of reading a column: an invented value must not look like data.
TextTable filled_fields(const config::Config& config) {
  TextTable table{{"source", "entity", "field", "filled by"}, {false, false, false, false}, {}};
  for (const auto& source : config.sources)
    for (const auto& entity : source.entities)
      for (const auto& field : entity.fields) {
        if (field.implicit) continue;
        std::string by;
        if (field.constant)
          by = fmt::format("the constant '{}'", *field.constant);
        else if (field.template_)
          by = fmt::format("the template '{}'", *field.template_);
        else if (!field.column)
          by = "nothing: the source has none";
        else if (field.optional)
          by = fmt::format("the column '{}', which may be absent", *field.column);
        if (!by.empty()) table.rows.push_back({source.name, entity.entity, field.field, by});
      }
  return table;
}

std::string ages_sql() {
  const auto now = warehouse::sql_timestamp(pipeline::now());
  return fmt::format(
      "select source, entity, watermark as newest_record, run_id as run, round(epoch_us({} - watermark) / 3.6e9, 1) as "
      "age_hours from meta.watermarks where watermark > timestamp '1970-01-01' order by all",
      now);
}

// Of a lake: what lies where, and how far back it reaches.
Status add_lake(Sections& sections, warehouse::Connection& connection) {
  constexpr std::size_t kTables = 10;
  DH_ASSIGN(const auto tables, warehouse::lake_tables(connection));
  DH_ASSIGN(const auto snapshots, warehouse::read_snapshots(connection));
  TextTable largest{{"table", "files", "bytes", "files of deleted rows"}, {false, true, true, true}, {}};
  warehouse::LakeTable all;
  for (const auto& t : tables) {
    all.files += t.files + t.delete_files;
    all.bytes += t.bytes + t.delete_bytes;
    if (largest.rows.size() < kTables)
      largest.rows.push_back(
          {t.table, std::to_string(t.files), std::to_string(t.bytes), std::to_string(t.delete_files)});
  }
  const auto age = snapshots.empty() ? 0 : (pipeline::now().us - snapshots.front().taken_at.us) / kMicrosPerSecond;
  sections.value("lake", fmt::format(R"({{"files":{},"bytes":{},"snapshots":{},"oldest_snapshot_age_seconds":{}}})",
                                     all.files, all.bytes, snapshots.size(), age));
  sections.table("lake_tables",
                 fmt::format("Lake: {} in {} files; {} snapshots, the oldest {:.1f} h old; its largest tables",
                             human_bytes(static_cast<double>(all.bytes)), grouped(all.files),
                             grouped(static_cast<std::int64_t>(snapshots.size())), static_cast<double>(age) / 3600),
                 largest);
  DH_ASSIGN(const auto upkeep, connection.query("from meta.maintenance order by started_at desc limit 3"));
  sections.rows("maintenance", "Last times that it was tidied up", upkeep,
                "It was never tidied up: `deskhouse maintain`.");
  return {};
}

// The run to show: the one asked for, or the last one that extracted something.
Result<std::int64_t> run_to_show(warehouse::Connection& connection, std::int64_t asked) {
  if (asked == 0) {
    DH_ASSIGN(const auto last, connection.scalar("select coalesce(max(run_id), 0) from meta.balances"));
    return last.value_or(0);
  }
  DH_ASSIGN(const auto known,
            connection.scalar(fmt::format("select count(*) from meta.runs where run_id = {}", asked)));
  if (known == 1) return asked;
  DH_ASSIGN(const auto last, connection.scalar("select coalesce(max(run_id), 0) from meta.runs"));
  return fail(Error::Kind::usage, fmt::format("There is no run {}; the last one is {}", asked, last.value_or(0)));
}

Outcome show(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto project, open_project(globals, true));
  auto& connection = project.warehouse.connection;
  DH_ASSIGN(const auto run, run_to_show(connection, options.run));
  DH_ASSIGN(const auto state, connection.query("select as_of, data_version from meta.state"));
  Sections sections;
  const bool published = state.row_count() > 0 && state.integer(0, 1) > 0;
  sections.value("as_of", published ? json_text(state.display(0, 0)) : "null");
  sections.value("data_version", published ? state.display(0, 1) : "0");
  sections.value("run", std::to_string(run));
  sections.note(published ? fmt::format("{}: published as of {}, data version {}.", project.config.name,
                                        state.display(0, 0), state.display(0, 1))
                          : fmt::format("{}: nothing is published yet; `deskhouse run` does.", project.config.name));
  const auto add = [&](const char* key, const std::string& title, const std::string& sql, const char* none) -> Status {
    DH_ASSIGN(const auto rows, connection.query(sql));
    sections.rows(key, title, rows, none);
    return {};
  };
  DH_TRY(add("runs", "Last runs", kRuns, "There was no run yet."));
  DH_TRY(add("balances",
             fmt::format("Records of run {} (extracted = loaded + unchanged + superseded + quarantined; ties: decided "
                         "by position alone)",
                         run),
             fmt::format(kBalances, run), ""));
  DH_TRY(add("quarantine", "Quarantine (`deskhouse quarantine list`)", kQuarantine, "Quarantine is empty."));
  DH_TRY(add("unavailable", "Entities that a source did not give, which does not mean that they are empty",
             fmt::format(kUnavailable, run), ""));
  DH_TRY(add("calls",
             fmt::format("Requests of run {} to sources that are asked call by call, and about how many are "
                         "left where it is unfinished",
                         run),
             fmt::format(kCalls, run), ""));
  DH_TRY(add("fields", fmt::format("Values changed on the way in, run {}", run), fmt::format(kFields, run), ""));
  sections.table("filled_fields", "Fields that deskhouse.toml fills without a column, or may leave empty",
                 filled_fields(project.config));
  DH_TRY(add("unmapped_columns", "Columns that no mapping names", fmt::format(kUnmapped, run), ""));
  DH_TRY(add("schema_changes", "Latest changes of the sources' columns", kSchemaChanges, ""));
  DH_TRY(add("sweeps", "Latest searches for deleted records (meta.sweeps)", kSweeps, ""));
  DH_TRY(add("deleted", "Records that were found deleted (meta.tombstones)", kDeleted, ""));
  DH_TRY(add("load_batches", fmt::format("Load batches of run {}", run), fmt::format(kBatches, run), ""));
  DH_TRY(add("violations", fmt::format("Checks that found something, run {} (rows: meta.violations)", run),
             fmt::format(kViolations, run), ""));
  DH_TRY(add("stages", fmt::format("Stages of run {} (seconds of work: those of one entity overlap)", run),
             fmt::format(kStages, run), ""));
  DH_TRY(add("open_violations", "What checks found and have not seen put right (meta.violation_states)",
             kOpenViolations, ""));
  DH_TRY(add("quality", "How far the records can be trusted, as of the last run (docs/quality.md)", kQuality, ""));
  DH_TRY(add("alerts", "Alerts (`deskhouse alerts list`)", kAlerts, ""));
  DH_TRY(add("undelivered_alerts", "Alerts that did not get through", kUndelivered, ""));
  if (connection.is_of_lake()) DH_TRY(add_lake(sections, connection));
  DH_TRY(add("ages", "Age of the newest record", ages_sql(), ""));
  if (!globals.quiet || globals.json) sections.print(globals.json);
  return 0;
}

// Again and again, until the process is ended. Somebody who has the warehouse open is waited for.
Outcome watch(const Globals& globals, const Options& options) {
  const bool is_terminal = out_is_terminal() && !globals.json;
  while (true) {
    if (is_terminal) print_out("\x1b[H\x1b[2J");
    const auto shown = show(globals, options);
    if (!shown) {
      if (shown.error().kind == Error::Kind::config || shown.error().kind == Error::Kind::usage) return shown;
      log(Level::warning, shown.error().message);
    }
    std::fflush(console().out);
    if (pause_seconds(options.watch)) return 0;
  }
}

Outcome status(const Globals& globals, const Options& options) {
  return options.watch > 0 ? watch(globals, options) : show(globals, options);
}

}  // namespace

void add_status(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("status", "Runs, the balance of records, quarantine, changed values, age of the data");
  command->add_option("--run", options->run, "Show this run instead of the last one that extracted something")
      ->check(CLI::PositiveNumber);
  command->add_option("--watch", options->watch, "Show it again every so many seconds, until SIGINT")
      ->expected(0, 1)
      ->default_str("5")
      ->check(CLI::Range(1, 86'400));
  command->footer(
      "Examples:\n  deskhouse status\n  deskhouse status --run 3 --json\n  deskhouse status --watch 10\n"
      "--watch opens the warehouse for a moment each time, and waits while somebody else has it.");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return status(globals, *options); }; });
}

}  // namespace deskhouse::app
