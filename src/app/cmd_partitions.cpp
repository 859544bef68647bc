// deskhouse partitions: the months of tickets, and dropping them.
#include <fmt/format.h>

#include "app/command.h"
#include "app/console.h"
#include "app/output.h"
#include "app/report.h"
#include "pipeline/retention.h"
#include "warehouse/maintenance.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::vector<std::string> months;
  std::string before;
  bool yes = false;
};

Outcome list(const Globals& globals, const Options&) {
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto months, pipeline::read_months(project.warehouse.connection));
  DH_ASSIGN(const auto as_of, project.warehouse.connection.scalar("select as_of from meta.state"));
  const auto kept = project.config.retention_months == 0
                        ? std::string()
                        : pipeline::first_kept_month(Timestamp{as_of.value_or(0)}, project.config.retention_months);
  TextTable table{{"month", "tickets", "open", "events", "time_entries", "surveys", "dropped", "kept"},
                  {false, true, true, true, true, true, true, false},
                  {}};
  for (const auto& month : months) {
    std::vector<std::string> row = {month.name};
    for (const auto n : {month.tickets, month.open, month.events, month.time_entries, month.surveys, month.dropped})
      row.push_back(globals.json ? std::to_string(n) : grouped(n));
    row.push_back(kept.empty() || month.name >= kept ? "yes" : "until the next month's first run");
    table.rows.push_back(std::move(row));
  }
  if (!globals.quiet || globals.json) print_table(table, globals.json ? Form::json : Form::table);
  return 0;
}

Status check_months(const std::vector<std::string>& months) {
  for (const auto& month : months)
    if (!pipeline::is_month(month))
      return fail(Error::Kind::usage, fmt::format("'{}' is no month; write 2024-03", printable(month)));
  return {};
}

Outcome files(const Globals& globals, const Options& options) {
  DH_TRY(check_months(options.months));
  DH_ASSIGN(auto project, open_project(globals, true));
  if (!project.warehouse.connection.is_of_lake())
    return fail(Error::Kind::usage,
                "This warehouse is one file; a lake has files of each month (docs/lake.md). "
                "`deskhouse export` writes Parquet of it");
  TextTable table{{"month", "table", "bytes", "has_deletes", "file"}, {false, false, true, false, false}, {}};
  for (const auto& month : options.months) {
    DH_ASSIGN(const auto found, warehouse::files_of_month(project.warehouse.connection, month));
    for (const auto& file : found)
      table.rows.push_back({month, file.table, globals.json ? std::to_string(file.bytes) : grouped(file.bytes),
                            file.has_deletes ? "yes" : "no", file.path});
  }
  print_table(table, globals.json ? Form::json : Form::table);
  return 0;
}

Outcome drop(const Globals& globals, const Options& options) {
  if (options.months.empty() == options.before.empty())
    return fail(Error::Kind::usage, "Name months, or all before one with --before");
  DH_TRY(check_months(options.months));
  if (!options.before.empty()) DH_TRY(check_months({options.before}));
  const pipeline::Drop wanted{options.months, options.before};
  DH_ASSIGN(auto project, open_project(globals, !options.yes));
  DH_ASSIGN(const auto tickets, pipeline::count_dropped(project.warehouse.connection, wanted));
  std::optional<std::int64_t> run_id;
  if (options.yes && tickets > 0) {
    Progress progress(globals.quiet || globals.json);
    DH_ASSIGN(const auto report,
              pipeline::drop_tickets(project.config, project.warehouse, wanted, progress.observer()));
    progress.clear();
    run_id = report.run_id;
  }
  if (globals.json)
    print_out("{{\"tickets\": {}, \"dropped\": {}, \"run_id\": {}}}\n", tickets, run_id.has_value(),
              run_id ? std::to_string(*run_id) : "null");
  else if (tickets == 0)
    print_out("There are no tickets there that have ended.\n");
  else if (run_id)
    print_out("Run {} dropped {} tickets, with their events, time entries and surveys.\n", *run_id, grouped(tickets));
  else
    print_out(
        "This would drop {} tickets that have ended, with their events, time entries and surveys, for good. Add --yes "
        "to "
        "do it.\n",
        grouped(tickets));
  return 0;
}

Outcome restore(const Globals& globals, const Options& options) {
  DH_TRY(check_months(options.months));
  DH_ASSIGN(auto project, open_project(globals, false));
  std::int64_t tickets = 0;
  for (const auto& month : options.months) {
    DH_ASSIGN(const auto count, pipeline::restore_month(project.warehouse, month));
    tickets += count;
  }
  if (globals.json)
    print_out("{{\"tickets\": {}}}\n", tickets);
  else
    print_out("{} tickets may come back: `deskhouse run --reread` loads those that their sources still have.\n",
              grouped(tickets));
  return 0;
}

using Action = Outcome (*)(const Globals&, const Options&);

}  // namespace

void add_partitions(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("partitions", "Months of tickets: list, files, drop, restore");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* doc, Action action) {
    return add_action(*command, name, doc, options, action, globals, chosen);
  };
  add("list", "How many tickets there are of each month, and what hangs on them", list);
  add("files", "The Parquet files of months of a lake, for other programs to read", files)
      ->add_option("months", options->months, "Months such as 2024-03")
      ->required();
  auto* sub = add("drop", "Drop the tickets of months that have ended, for good", drop);
  sub->add_option("months", options->months, "Months such as 2024-03, in UTC, in which tickets were created");
  sub->add_option("--before", options->before, "All months before this one");
  sub->add_flag("--yes", options->yes, "Do it; without it only the number is shown");
  add("restore", "Let dropped tickets of months come back when they are read again", restore)
      ->add_option("months", options->months, "Months such as 2024-03")
      ->required();
  command->footer(
      "Open tickets stay, whatever their month. retention.months in deskhouse.toml drops by itself, at the first run "
      "of a\n"
      "month. What was dropped is left out when it is read again, and counts as superseded. To keep a copy:\n"
      "  deskhouse export --sql \"from core.fact_tickets where created_at < '2023-01-01'\" -o before-2023.parquet\n"
      "A file of a lake that has_deletes holds rows that its table has no more, until `deskhouse maintain` writes it "
      "anew.\n"
      "Examples:\n  deskhouse partitions list\n  deskhouse partitions files 2024-03\n  deskhouse partitions drop "
      "2022-11 2022-12 --yes\n"
      "  deskhouse partitions drop --before 2023-01");
}

}  // namespace deskhouse::app
