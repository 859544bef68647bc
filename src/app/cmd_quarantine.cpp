// deskhouse quarantine: rejected records; loading them again once the reason is gone.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/command.h"
#include "app/console.h"
#include "app/progress.h"
#include "app/sections.h"
#include "base/json_text.h"
#include "base/nearest.h"
#include "config/scalars.h"
#include "pipeline/records.h"
#include "pipeline/replay.h"
#include "schema/catalog.h"
#include "stream/replay.h"

namespace deskhouse::app {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  pipeline::QuarantineFilter filter;
  std::int64_t limit = 20, number = 0;
  std::string older_than = "30d", now;
  bool all = false, yes = false;
};

Status check_filter(const pipeline::QuarantineFilter& filter) {
  if (filter.entity.empty() || schema::find_entity(filter.entity)) return {};
  std::vector<std::string> known;
  for (const auto& table : schema::entities()) known.emplace_back(table.name);
  return fail(Error::Kind::usage,
              fmt::format("There is no entity '{}'{}", filter.entity, did_you_mean(filter.entity, known)));
}

// Numbered in the order in which they were rejected, so that a number stays the same until the next run.
std::string numbered() {
  return "select row_number() over (order by run_id, source, entity, position) as n, * from staging.quarantine where "
         "status <> 'purged'";
}

// "priority: required, but empty; created_at: not a date-time (32/13/2024)"
constexpr auto kReasonsText =
    "list_aggregate(list_transform(json_extract(reasons, '$[*]'), lambda r: case when json_extract_string(r, "
    "'$.field') = '' then '' else json_extract_string(r, '$.field') || ': ' end || "
    "json_extract_string(r, '$.reason') || case when json_extract_string(r, '$.value') = '' then '' else ' (' || "
    "left(json_extract_string(r, '$.value'), 60) || ')' end), 'string_agg', '; ')";

Outcome list(const Globals& globals, const Options& options) {
  DH_TRY(check_filter(options.filter));
  DH_ASSIGN(auto project, open_project(globals, true));
  auto& connection = project.warehouse.connection;
  const auto condition = fmt::format("{}{}", options.all ? "true" : "status = 'quarantined'",
                                     pipeline::quarantine_condition(options.filter));
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format("select n, run_id as run, source, entity, record_id as id, file, line, "
                                         "status, {} as reasons from ({}) where {} order by n limit {}",
                                         kReasonsText, numbered(), condition, options.limit)));
  if (globals.json) {
    print_rows(rows, Form::json);
    return 0;
  }
  DH_ASSIGN(const auto total,
            connection.scalar(fmt::format("select count(*) from staging.quarantine where {}{}",
                                          options.all ? "status <> 'purged'" : "status = 'quarantined'",
                                          pipeline::quarantine_condition(options.filter))));
  if (rows.row_count() == 0) {
    print_out("Quarantine is empty.\n");
    return 0;
  }
  print_rows(rows, Form::table);
  print_out(
      "\n{} of {} records. `deskhouse quarantine show N` prints one whole; `deskhouse quarantine replay` loads them "
      "again.\n",
      rows.row_count(), grouped(total.value_or(0)));
  return 0;
}

Outcome show(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto rows,
            project.warehouse.connection.query(fmt::format(
                "select n, source, entity, record_id, status, run_id, extracted_at, file, line, record, position, "
                "header, reasons, raw from ({}) where n = {} or position = {} order by n = {} desc, n limit 1",
                numbered(), options.number, options.number, options.number)));
  if (rows.row_count() == 0)
    return fail(
        Error::Kind::usage,
        fmt::format("There is no record {} in quarantine; `deskhouse quarantine list` numbers them", options.number));
  const auto reasons = Json::parse(rows.display(0, 12), nullptr, false);
  const auto raw = lossy_utf8(rows.text(0, 13));
  if (globals.json) {
    Json out;
    for (std::size_t c = 0; c < 12; ++c)
      out[rows.column_name(c)] = rows.is_null(0, c)  ? Json()
                                 : rows.is_number(c) ? Json(rows.integer(0, c))
                                                     : Json(rows.display(0, c));
    out["reasons"] = reasons;
    out["raw"] = raw;
    print_out("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
    return 0;
  }
  print_out("{} of {}.{}: {}, run {} at {}\n{}, line {} (record {}, position {})\n\nReasons\n",
            rows.is_null(0, 3) || rows.display(0, 3).empty() ? "A record without an id" : printable(rows.display(0, 3)),
            printable(rows.display(0, 1)), rows.display(0, 2), rows.display(0, 4), rows.display(0, 5),
            rows.display(0, 6), printable(rows.display(0, 7)), rows.display(0, 8), rows.display(0, 9),
            rows.display(0, 10));
  for (const auto& reason : reasons) {
    const auto text = [&](const char* key) { return printable(reason.value(key, std::string())); };
    print_out("  {}{}{}\n", text("field").empty() ? "the record" : text("field"), ": " + text("reason"),
              text("value").empty() ? "" : " (" + text("value") + ")");
  }
  print_out("\nRaw\n{}{}\n", rows.display(0, 11).empty() ? "" : printable(rows.display(0, 11)) + "\n", printable(raw));
  return 0;
}

TextTable lines_of(const pipeline::ReplayReport& report) {
  TextTable table{
      {"source", "entity", "tried", "came through", "still rejected"}, {false, false, true, true, true}, {}};
  for (const auto& l : report.lines)
    table.rows.push_back({l.source, l.entity, std::to_string(l.tried), std::to_string(l.came_through),
                          std::to_string(l.tried - l.came_through)});
  return table;
}

TextTable changes_of(const pipeline::ReplayReport& report) {
  TextTable table{{"metric", "unit", "before", "after"}, {false, false, true, true}, {}};
  const auto text = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : std::string();
  };
  for (const auto& c : report.changes) table.rows.push_back({c.metric, c.unit, text(c.before), text(c.after)});
  return table;
}

Outcome replay(const Globals& globals, const Options& options) {
  DH_TRY(check_filter(options.filter));
  pipeline::ReplayOptions wanted{.filter = options.filter, .as_of = {}, .events = {}};
  if (!options.now.empty()) {
    DH_ASSIGN(wanted.as_of, parse_now(options.now));
  }
  DH_ASSIGN(auto project, open_project(globals, false));
  wanted.events = [&](Timestamp as_of, pipeline::ReplayReport& report) {
    return stream::replay_events(project.config, project.warehouse, options.filter, as_of, report);
  };
  Progress progress(globals.quiet || globals.json);
  DH_ASSIGN(const auto report, pipeline::replay(project.config, project.warehouse, wanted, progress.observer()));
  progress.clear();
  Sections sections;
  sections.value("run_id", report.run_id == 0 ? "null" : std::to_string(report.run_id));
  sections.table("records", report.run_id == 0 ? "" : fmt::format("Run {} read them again:", report.run_id),
                 lines_of(report), "There is nothing to replay.");
  sections.table("changes", "Metrics that changed:", changes_of(report),
                 report.run_id == 0 ? "" : "No metric changed.");
  sections.value("not_in_config", Json(report.unreplayable).dump());
  for (const auto& line : report.unreplayable)
    sections.note(fmt::format("Not replayed, for deskhouse.toml no longer has it: {}", line));
  sections.value("cut", std::to_string(report.cut));
  if (report.cut > 0)
    sections.note(fmt::format(
        "Not replayed, for only the beginning is kept of a record over max_record_bytes: {}. Raise it, and run again.",
        report.cut));
  if (!globals.quiet || globals.json) sections.print(globals.json);
  return 0;
}

Outcome purge(const Globals& globals, const Options& options) {
  DH_TRY(check_filter(options.filter));
  const auto seconds =
      options.older_than == "0" ? std::optional<std::int64_t>(0) : config::parse_duration_seconds(options.older_than);
  if (!seconds)
    return fail(Error::Kind::usage,
                fmt::format("'{}' is not a duration; write 90s, 5m, 12h, 30d or 0", options.older_than));
  DH_ASSIGN(auto project, open_project(globals, !options.yes));
  const Timestamp limit{pipeline::now().us - *seconds * kMicrosPerSecond};
  DH_ASSIGN(const auto count,
            pipeline::purge_quarantine(project.warehouse.connection, options.filter, limit, !options.yes));
  if (globals.json)
    print_out("{{\"records\": {}, \"purged\": {}}}\n", count, options.yes);
  else if (options.yes)
    print_out("The raw bytes of {} records are gone; what they were rejected for stays.\n", grouped(count));
  else
    print_out("This would take the raw bytes of {} records for good. Add --yes to do it.\n", grouped(count));
  return 0;
}

using Action = Outcome (*)(const Globals&, const Options&);

}  // namespace

void add_quarantine(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("quarantine", "Rejected records: list, show, replay, purge");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* doc, Action action, bool filtered) {
    auto* sub = add_action(*command, name, doc, options, action, globals, chosen);
    if (filtered) sub->add_option("--entity", options->filter.entity, "Only this entity");
    if (filtered) sub->add_option("--source", options->filter.source, "Only this source");
    return sub;
  };
  auto* sub = add("list", "The rejected records and their reasons", list, true);
  sub->add_option("--limit", options->limit, "At most so many")->capture_default_str()->check(CLI::PositiveNumber);
  sub->add_flag("--all", options->all, "Those that were replayed, too");
  add("show", "One record with all its reasons and its raw bytes", show, false)
      ->add_option("number", options->number, "Its number in the list, or its position")
      ->required();
  add("replay", "Load them again with the mapping of today", replay, true)
      ->add_option("--now", options->now,
                   "As of this time instead of that of the last run: a date, a time with Z, or now");
  sub = add("purge", "Take the raw bytes of old records for good", purge, true);
  sub->add_option("--older-than", options->older_than, "Extracted longer ago than this: 12h, 30d; 0 for all")
      ->capture_default_str();
  sub->add_flag("--yes", options->yes, "Do it; without it only the number is shown");
  command->footer(
      "Examples:\n  deskhouse quarantine list --entity tickets\n  deskhouse quarantine show 3\n  deskhouse quarantine "
      "replay     after the mapping was put right");
}

}  // namespace deskhouse::app
