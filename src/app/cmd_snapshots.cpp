// deskhouse snapshots: the past states that a lake still has.
#include <fmt/format.h>

#include "app/command.h"
#include "app/console.h"
#include "app/output.h"
#include "pipeline/time_travel.h"

namespace deskhouse::app {

namespace {

Outcome list(const Globals& globals) {
  DH_ASSIGN(auto project, open_project(globals, true));
  DH_ASSIGN(const auto snapshots, pipeline::list_snapshots(project.warehouse.connection));
  TextTable table{{"run", "snapshot", "taken_at"}, {true, true, false}, {}};
  for (const auto& snapshot : snapshots)
    if (snapshot.run_id)
      table.rows.push_back(
          {std::to_string(*snapshot.run_id), std::to_string(snapshot.id), to_string(snapshot.taken_at)});
  print_table(table, globals.json ? Form::json : Form::table);
  return 0;
}

}  // namespace

void add_snapshots(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto* command = root.add_subcommand("snapshots", "Runs whose state a lake still has, for --as-of and diff");
  command->footer(
      "They expire after maintenance.keep_snapshots, by `deskhouse maintain`.\n"
      "Examples:\n  deskhouse snapshots\n  deskhouse query --as-of 12 \"select count(*) from core.fact_tickets\"");
  command->callback([&globals, &chosen] { chosen = [&globals] { return list(globals); }; });
}

}  // namespace deskhouse::app
