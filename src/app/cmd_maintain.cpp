// deskhouse maintain: of a lake, old snapshots expire, small files are merged, files that nobody needs go; of a file,
// small row groups are merged.
#include <fmt/format.h>

#include "app/command.h"
#include "app/console.h"
#include "app/output.h"
#include "pipeline/records.h"
#include "pipeline/upkeep.h"

namespace deskhouse::app {

namespace {

Outcome maintain(const Globals& globals) {
  DH_ASSIGN(auto project, open_project(globals, false));
  DH_ASSIGN(const auto report, pipeline::tidy_up(project.config, project.warehouse, pipeline::now()));
  if (globals.json)
    print_out(
        "{{\"snapshots_expired\": {}, \"files_merged\": {}, \"files_written\": {}, \"files_removed\": {}, "
        "\"rows_rewritten\": {}}}\n",
        report.snapshots_expired, report.files_merged, report.files_written, report.files_removed,
        report.rows_rewritten);
  else if (globals.quiet)
    return 0;
  else if (project.warehouse.connection.is_of_lake())
    print_out(
        "{} snapshots expired, {} files were merged or written anew into {}, {} that nobody needs were removed.\n",
        grouped(report.snapshots_expired), grouped(report.files_merged), grouped(report.files_written),
        grouped(report.files_removed));
  else
    print_out("{} rows of small row groups, and of those with gaps, were written again into full ones.\n",
              grouped(report.rows_rewritten));
  return 0;
}

}  // namespace

void add_maintain(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto* command = root.add_subcommand(
      "maintain", "Tidy up the warehouse: merge small files of a lake, let old snapshots expire, remove what is left");
  command->footer(
      "`deskhouse serve` does it each maintenance.every. Others may read meanwhile: what they read stays there for\n"
      "maintenance.keep_files after nobody needs it any more. Of a warehouse that is a file, small row groups are\n"
      "merged and the gaps of deleted rows closed, as runs do now and then. Files that a lake's catalogue does not "
      "know of: deskhouse doctor --remove-orphans.\n"
      "Example: deskhouse maintain");
  command->callback([&globals, &chosen] { chosen = [&globals] { return maintain(globals); }; });
}

}  // namespace deskhouse::app
