// deskhouse rebuild: every model again from the operational layer.
#include <fmt/format.h>

#include "app/command.h"
#include "app/console.h"
#include "app/progress.h"
#include "base/json_text.h"

namespace deskhouse::app {

namespace {

Outcome rebuild(const Globals& globals) {
  DH_ASSIGN(auto project, open_project(globals, false));
  Progress progress(globals.quiet || globals.json);
  DH_ASSIGN(const auto report, pipeline::rebuild(project.config, project.warehouse, progress.observer()));
  progress.clear();
  if (globals.json)
    print_out("{{\"run_id\": {}, \"as_of\": {}, \"models\": {}, \"seconds\": {:.3f}}}\n", report.run_id,
              json_text(to_string(report.as_of)), report.models.size(), report.seconds);
  else if (!globals.quiet)
    print_out("Run {} rebuilt {} models as of {} in {:.2f} s.\n", report.run_id, report.models.size(),
              to_string(report.as_of), report.seconds);
  return 0;
}

}  // namespace

void add_rebuild(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto* command =
      root.add_subcommand("rebuild", "Recompute every model from the operational layer, as of the last run");
  command->footer(
      "Reads no source. A run does it by itself where a model or deskhouse.toml changed; `deskhouse verify` says "
      "whether it would change anything.");
  command->callback([&globals, &chosen] { chosen = [&globals] { return rebuild(globals); }; });
}

}  // namespace deskhouse::app
