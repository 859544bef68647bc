// deskhouse run: one batch run.
#include <fmt/format.h>

#include "app/command.h"
#include "app/report.h"

namespace deskhouse::app {

namespace {

struct Options {
  bool full = false;
  bool reread = false;
  std::string now = "now";
  std::vector<std::string> only;
};

Outcome run(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto as_of, parse_now(options.now));
  DH_ASSIGN(auto project, open_project(globals, false));
  Progress progress(globals.quiet || globals.json);
  DH_ASSIGN(const auto report,
            pipeline::run(
                project.config, project.warehouse,
                {.as_of = as_of, .whole = options.full, .reread = options.reread, .only = options.only, .kind = "run"},
                progress.observer()));
  progress.clear();
  print_report(report, globals);
  return 0;
}

}  // namespace

void add_run(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("run", "Extract, validate and publish once");
  command->add_flag("--full", options->full, "Recompute every model, whatever changed");
  command->add_flag("--reread", options->reread, "Extract every record again, whatever earlier runs read");
  command->add_option("--now", options->now, "What 'now' is for ages and service levels: a date, a time with Z, or now")
      ->capture_default_str();
  command->add_option("--only", options->only, "Extract only these entities, by name");
  command->footer("Readers see a run as a whole or not at all. `deskhouse status` shows what became of it.");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return run(globals, *options); }; });
}

}  // namespace deskhouse::app
