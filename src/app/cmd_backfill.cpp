// deskhouse backfill: extracts a period again.
#include <fmt/format.h>

#include <utility>

#include "app/command.h"
#include "app/console.h"
#include "app/report.h"
#include "app/stop_signal.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string from, to;  // to empty: now, or the end of the one that is not done
  std::vector<std::string> only, sources;
};

Outcome backfill(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto from, parse_now(options.from));
  DH_ASSIGN(auto to, parse_now(options.to.empty() ? "now" : options.to));
  if (from >= to)
    return fail(Error::Kind::usage,
                fmt::format("--from {} is not before --to {}: the period is empty", to_string(from), to_string(to)));
  DH_ASSIGN(auto project, open_project(globals, false));
  if (options.to.empty()) {
    DH_ASSIGN(const auto unfinished, pipeline::end_of_unfinished(project.warehouse.connection, from));
    to = unfinished.value_or(to);
  }
  Progress progress(globals.quiet || globals.json);
  const StopSignal stop;
  DH_ASSIGN(auto report, pipeline::run_to_end(project.config, project.warehouse,
                                              {.as_of = pipeline::now(),
                                               .only = options.only,
                                               .kind = "backfill",
                                               .sources = options.sources,
                                               .period = sources::Period{from, to}},
                                              progress.observer(), [&] {
                                                return stop.asked() ? std::nullopt : std::optional(pipeline::now());
                                              }));
  progress.clear();
  const bool is_done = !std::exchange(report.unfinished, false);
  print_report(report, globals);
  if (!is_done && !globals.json) print_out("Not all of it: the same backfill again goes on from here.\n");
  return 0;
}

}  // namespace

void add_backfill(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("backfill", "Extract again what was created or updated in a period");
  command->add_option("--from", options->from, "The beginning: a date, a time with Z, or now")->required();
  command->add_option("--to", options->to, "The end, itself not included")->default_str("now");
  command->add_option("--only", options->only, "Extract only these entities, by name");
  command->add_option("--source", options->sources, "Extract only from these sources, by name");
  command->footer(
      "For rows that somebody wrote into a source behind its updated_at, or that a mapping now reads differently. "
      "What\n"
      "was loaded already is not loaded again, and an older version never replaces a newer one, so a period can be\n"
      "read as often as you like. What the next run takes for new does not change. Databases read the period alone;\n"
      "files, and tables without times, are read whole; Freshservice gives tickets with what hangs on them, changes\n"
      "and problems of the period, the rest whole. A date is midnight in UTC.\n"
      "A long one is published piece by piece. If it dies, or is stopped by SIGINT or SIGTERM (after a piece), the\n"
      "same command goes on: with the same --from, and --to where it was given.\n"
      "Examples:\n"
      "  deskhouse backfill --from 2026-03-01 --to 2026-04-01\n"
      "  deskhouse backfill --from 2026-03-01T06:00:00Z --only tickets --source desk");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return backfill(globals, *options); }; });
}

}  // namespace deskhouse::app
