// deskhouse alerts: what is not well, what was said of it, and whether it gets through.
#include <fmt/format.h>

#include "app/alerting.h"
#include "app/console.h"
#include "app/sections.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string channel, now = "now";
  std::int64_t limit = 50;
};

std::string limit_text(const config::AlertRule& rule) {
  return fmt::format("{} {:.10g}", to_string(rule.comparison), rule.threshold);
}

std::string seconds_text(std::int64_t seconds) {
  if (seconds > 0 && seconds % 86'400 == 0) return fmt::format("{}d", seconds / 86'400);
  if (seconds > 0 && seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  if (seconds > 0 && seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

TextTable rules_of(const config::AlertConfig& config) {
  TextTable table{
      {"rule", "looks at", "alarm", "for", "severity", "again after", "channels"}, std::vector<bool>(7, false), {}};
  for (const auto& rule : config.rules) {
    std::string channels;
    for (const auto& name : alerts::channels_of(rule, config)) channels += (channels.empty() ? "" : ", ") + name;
    table.rows.push_back({rule.name, rule.sql.empty() ? rule.metric : "sql", limit_text(rule),
                          seconds_text(rule.for_seconds), std::string(to_string(rule.severity)),
                          seconds_text(rule.cool_down_seconds), channels});
  }
  return table;
}

// The label column is JSON in the tables; people get "source=desk".
TextTable alerts_table(const warehouse::Rows& rows, std::size_t labels) {
  TextTable table;
  for (std::size_t c = 0; c < rows.column_count(); ++c) {
    table.columns.push_back(rows.column_name(c));
    table.numbers.push_back(rows.is_number(c));
  }
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    auto& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < rows.column_count(); ++c)
      row.push_back(c == labels ? alerts::to_text(alerts::labels_from_json(rows.text(i, c))) : rows.display(i, c));
  }
  return table;
}

Outcome list(const Globals& globals) {
  DH_ASSIGN(auto project, open_project(globals, true));
  Sections sections;
  DH_ASSIGN(const auto now,
            project.warehouse.connection.query(
                "select state, severity, rule, labels as \"of\", value, threshold, since, told_at, told, "
                "detail from meta.alerts order by state, severity, rule, labels"));
  sections.table("alerts", "What is not well", alerts_table(now, 3), "Nothing is firing.");
  DH_ASSIGN(
      const auto waiting,
      project.warehouse.connection.query(
          "select channel, event, id, created_at, status, attempts, last_error from meta.alert_outbox where status "
          "<> 'sent' order by number"));
  sections.rows("undelivered", "Messages that did not get through", waiting, "");
  DH_ASSIGN(const auto channels,
            project.warehouse.connection.query(
                "select channel, sent, failures, failures_in_row, last_sent_at, next_attempt_at, last_error from "
                "meta.alert_channels order by channel"));
  sections.rows("channels", "Channels so far", channels, "");
  sections.table("rules", "Rules (docs/alerts.md)", rules_of(project.config.alerts));
  if (!project.config.alerts.enabled) sections.note("alerting.enabled is false: nobody looks at the rules.");
  sections.print(globals.json);
  return 0;
}

Outcome history(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto rows,
            project.warehouse.connection.query(fmt::format(
                "select happened_at, event, severity, rule, labels as \"of\", value, threshold, since, detail from "
                "meta.alert_events order by happened_at desc, rule, labels limit {}",
                options.limit)));
  Sections sections;
  sections.table("events", "What became of alerts, the latest first", alerts_table(rows, 4), "There was no alert yet.");
  sections.print(globals.json);
  return 0;
}

// Without the warehouse: it may be open elsewhere, and need not be there yet.
Outcome test(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto config, config::load(globals.folder()));
  const auto* channel = config.alerts.find(options.channel);
  if (channel == nullptr) {
    std::string known;
    for (const auto& c : config.alerts.channels) known += (known.empty() ? "" : ", ") + c.name;
    return fail(Error::Kind::usage, fmt::format("There is no channel '{}' in deskhouse.toml; there are {}",
                                                printable(options.channel), known));
  }
  const auto message = alerts::test_message(channel->name, pipeline::now(), config.name);
  const auto delivery = alerts::send(message, *channel, {config.alerts, pipeline::now, [](const alerts::Message& m) {
                                                           print_out("{}\n", alerts::line_of(m));
                                                         }});
  if (delivery.outcome != alerts::Delivery::Outcome::sent)
    return fail(Error::Kind::io,
                fmt::format("The channel '{}' did not take the test: {}", channel->name, printable(delivery.error)));
  if (!globals.quiet) print_out("The channel '{}' ({}) took the test.\n", channel->name, to_string(channel->kind));
  return 0;
}

Outcome check(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto now, parse_now(options.now));
  {
    DH_ASSIGN(auto project, open_project(globals, false));
    DH_TRY(look_and_send(project.config, project.warehouse.connection, now));
  }
  return globals.quiet ? 0 : list(globals);
}

}  // namespace

void add_alerts(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("alerts", "What is not well, what was said of it, and whether it gets through");
  command->require_subcommand(1);
  command->footer(
      "Rules and channels are in deskhouse.toml: [alerts], [channels], [alerting] (docs/alerts.md). They are looked "
      "at\n"
      "after each run, and by `serve` and `stream` as they go on. What a channel does not take is kept and tried "
      "again.\n"
      "Examples:\n  deskhouse alerts list\n  deskhouse alerts test oncall\n  deskhouse alerts history --limit 20");
  auto* list_command =
      command->add_subcommand("list", "What is pending or firing, what did not get through, the rules");
  list_command->callback([&globals, &chosen] { chosen = [&globals] { return list(globals); }; });
  auto* history_command = command->add_subcommand("history", "What became of alerts, the latest first");
  history_command->add_option("--limit", options->limit, "Show so many events")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  history_command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return history(globals, *options); }; });
  auto* test_command = command->add_subcommand("test", "Send one real message to a channel");
  test_command->add_option("channel", options->channel, "Its name in [channels]; `log` is always there")->required();
  test_command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return test(globals, *options); }; });
  auto* check_command = command->add_subcommand("check", "Look at the rules now, and send what is due");
  check_command->add_option("--now", options->now, "What 'now' is for ages: a date, a time with Z, or now")
      ->capture_default_str();
  check_command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return check(globals, *options); }; });
}

}  // namespace deskhouse::app
