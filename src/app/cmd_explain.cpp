// deskhouse explain: where a number comes from.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "app/console.h"
#include "app/sections.h"
#include "base/nearest.h"
#include "models/metrics.h"
#include "pipeline/explain.h"
#include "pipeline/explain_json.h"

namespace deskhouse::app {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string ticket, source, now, metric, entity, id;
};

template <class T>
Json maybe(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// "26 h", "4 min 30 s". In hours, not days: a day of a calendar has not 24 of them.
std::string duration(std::int64_t us) {
  const auto hours = us / kMicrosPerHour, minutes = us % kMicrosPerHour / kMicrosPerMinute,
             seconds = us % kMicrosPerMinute / kMicrosPerSecond;
  std::string out;
  if (hours > 0) out += fmt::format("{} h ", hours);
  if (minutes > 0 || (hours == 0 && seconds == 0)) out += fmt::format("{} min ", minutes);
  if (seconds > 0) out += fmt::format("{} s ", seconds);
  out.pop_back();
  return out;
}

std::string verdict(const std::optional<bool>& breached, bool ended) {
  if (!breached) return "no verdict: it ended before it was created";
  return *breached ? "BREACHED" : ended ? "met" : "in time so far";
}

void print_sla(const pipeline::SlaExplanation& x) {
  print_out("Ticket {} of {}: {}, {}, {}{}{}\n", printable(x.ticket_id), printable(x.source), x.priority, x.status,
            printable(x.category), x.type.empty() ? "" : ", " + printable(x.type), x.is_deleted ? ", deleted" : "");
  print_out("Created   {}\nAnswered  {}\nResolved  {}\nAs of     {}\n\n", to_string(x.created_at),
            x.first_response_at ? to_string(*x.first_response_at) : "-",
            x.resolved_at ? to_string(*x.resolved_at)
            : x.ended_at  ? fmt::format("not known; {}, so its clock ran until {}", x.status, to_string(*x.ended_at))
                          : "-",
            to_string(x.as_of));
  print_out("Policy    {}: resolve within {}, answer within {}\n", printable(x.policy),
            duration(x.resolution_target_us), duration(x.response_target_us));
  print_out("Calendar  {}{}\n", printable(x.calendar),
            x.calendar == "24x7" ? ": always open" : fmt::format(" ({})", x.calendar_zone));
  print_out("Stops in  {}{}\n\n", fmt::join(x.stop_statuses, ", "),
            x.observations == 0 ? "; no history is known, so no pause is counted"
                                : fmt::format("; {} observations of its history", x.observations));
  TextTable table{
      {"from", "to", "clock", "status", "length", "counted so far"}, {false, false, false, false, true, true}, {}};
  for (const auto& s : x.spans)
    table.rows.push_back(
        {to_string(s.from), to_string(s.to), s.kind, s.status, duration(s.to.us - s.from.us), duration(s.elapsed_us)});
  if (!table.rows.empty()) print_out("{}\n", table_of(table));
  print_out("Resolution: {}. {} of {} used{}.\n", verdict(x.sla_breached, x.resolved_at || x.ended_at),
            duration(x.elapsed_us), duration(x.resolution_target_us),
            x.due_at ? fmt::format("; due {}", to_string(*x.due_at)) : std::string());
  const auto answered = x.first_response_minutes ? fmt::format(" Answered after {} of real time.",
                                                               duration(std::llround(*x.first_response_minutes * 60e6)))
                                                 : std::string();
  print_out("Response: {}.{}{}\n", verdict(x.response_breached, x.first_response_at.has_value()), answered,
            x.response_due_at ? fmt::format(" Due {}.", to_string(*x.response_due_at)) : "");
  if (x.breach_agent) print_out("Held by {} when it ran out.\n", printable(*x.breach_agent));
}

Outcome explain_sla(const Globals& globals, const Options& options) {
  std::optional<Timestamp> as_of;
  if (!options.now.empty()) {
    DH_ASSIGN(as_of, parse_now(options.now));
  }
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto x,
            pipeline::explain_sla(project.config, project.warehouse.connection, options.ticket, options.source, as_of));
  if (globals.json)
    print_out("{}\n", pipeline::sla_json(x, 2));
  else
    print_sla(x);
  return 0;
}

std::string shown_value(const std::optional<double>& value, const std::string& unit) {
  if (!value) return "none";
  if (unit == "share") return fmt::format("{:.1f} %", *value * 100);
  if (*value == std::floor(*value) && std::abs(*value) < 1e15) return grouped(static_cast<std::int64_t>(*value));
  return fmt::format("{:.2f}", *value);
}

Outcome list_metrics(const Globals& globals, const std::vector<models::Metric>& metrics) {
  TextTable table{{"name", "title", "unit", "mart"}, {false, false, false, false}, {}};
  for (const auto& m : metrics) table.rows.push_back({m.name, m.title_en, m.unit, m.mart});
  print_table(table, globals.json ? Form::json : Form::table);
  return 0;
}

Outcome explain_metric(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto metrics, models::load_metrics(globals.folder()));
  if (options.metric.empty()) return list_metrics(globals, metrics);
  const auto* metric = models::find_metric(metrics, options.metric);
  if (!metric) {
    std::vector<std::string> names;
    for (const auto& m : metrics) names.push_back(m.name);
    return fail(Error::Kind::usage, fmt::format("There is no metric '{}'{}. `deskhouse explain metric` lists them",
                                                options.metric, did_you_mean(options.metric, names)));
  }
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto value, models::measure(project.warehouse.connection, *metric));
  DH_ASSIGN(const auto as_of, project.warehouse.connection.scalar_text("select as_of from meta.state"));
  if (globals.json) {
    const Json out{{"name", metric->name},
                   {"title", {{"en", metric->title_en}, {"ko", metric->title_ko}}},
                   {"formula", metric->formula},
                   {"filters", metric->filters},
                   {"unit", metric->unit},
                   {"good", metric->good},
                   {"mart", metric->mart},
                   {"time", metric->time.empty() ? Json() : Json(metric->time)},
                   {"dimensions", metric->dimensions},
                   {"sql", metric->sql()},
                   {"value", maybe(value)},
                   {"as_of", as_of.value_or("")}};
    print_out("{}\n", out.dump(2));
    return 0;
  }
  const auto better = metric->good == "up"     ? "more is better"
                      : metric->good == "down" ? "less is better"
                                               : "neither way is better";
  print_out("{} ({})\n\n  {}\n  {}\n\nUnit        {}; {}\nMart        {}\n", metric->title_en, metric->name,
            metric->formula, metric->filters, metric->unit, better, metric->mart);
  print_out("Over time   {}\nBroken down {}\nSQL         {}\n\nValue now   {} (as of {})\n",
            metric->time.empty() ? "it is of today" : "by " + metric->time,
            metric->dimensions.empty() ? "by nothing" : fmt::format("by {}", fmt::join(metric->dimensions, ", ")),
            metric->sql(), shown_value(value, metric->unit), as_of.value_or("-"));
  return 0;
}

Outcome explain_record(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto records,
            pipeline::explain_record(project.warehouse.connection, options.entity, options.id, options.source));
  if (globals.json) {
    print_out("{}\n", pipeline::records_json(records, 2));
    return 0;
  }
  for (const auto& r : records) {
    print_out("{}: {}.{} {}, run {}, record {}{} (position {})\n", r.state, printable(r.source), options.entity,
              printable(options.id), r.run_id, r.record, r.file.empty() ? "" : " of " + printable(r.file), r.position);
    if (!r.reasons.empty()) print_out("reasons: {}\n", printable(r.reasons));
    if (r.raw)
      print_out("{}\n\n", printable(*r.raw));
    else
      print_out("Its raw bytes are no longer kept (staging.retention in deskhouse.toml says how long).\n\n");
  }
  return 0;
}

using Explain = Outcome (*)(const Globals&, const Options&);

}  // namespace

void add_explain(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("explain", "Where a number comes from: a service level, a metric, a record");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* doc, Explain action) {
    return add_action(*command, name, doc, options, action, globals, chosen);
  };
  auto* sla = add("sla", "The minute ledger of a ticket: which spans counted, which did not, the target, the verdict",
                  explain_sla);
  sla->add_option("ticket", options->ticket, "The ticket's id")->required();
  sla->add_option("--source", options->source, "Its source, where several have that id");
  sla->add_option("--now", options->now, "As of this time instead of the last run: a date, a time with Z, or now");
  auto* metric =
      add("metric", "Definition and current value of a metric; without a name, the list of them", explain_metric);
  metric->add_option("name", options->metric, "The metric's name");
  auto* record = add("record", "The raw record behind a row, and the rejected records of that id", explain_record);
  record->add_option("entity", options->entity, "tickets, agents, requesters, ...")->required();
  record->add_option("id", options->id, "The record's id")->required();
  record->add_option("--source", options->source, "Its source, where several have that id");
  command->footer(
      "Examples:\n  deskhouse explain sla INC0000045\n  deskhouse explain metric sla_attainment\n  deskhouse explain "
      "record tickets INC0000045");
}

}  // namespace deskhouse::app
