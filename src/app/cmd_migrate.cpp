// deskhouse migrate: moves a warehouse from a file into a lake, or back.
#include <fmt/format.h>

#include "app/command.h"
#include "app/console.h"
#include "app/output.h"
#include "app/progress.h"
#include "config/location.h"
#include "pipeline/move.h"
#include "pipeline/verify.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string from, to, lake_data;
  bool no_verify = false;
};

Outcome migrate(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto from, config::load(globals.folder()));
  if (!options.lake_data.empty()) from.lake_data = options.lake_data;
  auto to = from;
  if (!options.from.empty()) from.warehouse = options.from;
  to.warehouse = options.to;
  for (const auto& named : {from.warehouse, to.warehouse})
    if (const auto mistake = config::mistake_in_location(named); !mistake.empty())
      return fail(Error::Kind::usage, "The warehouse " + mistake);
  if (config::location_of(from).name == config::location_of(to).name)
    return fail(Error::Kind::usage, fmt::format("--to is where the warehouse is: {}", config::location_of(to).name));
  Progress progress(globals.quiet || globals.json);
  const auto show = [&](const std::string& step) { progress.show(step, true); };
  DH_ASSIGN(const auto moved, pipeline::move_warehouse(from, to, show));
  bool is_same = true;
  if (!options.no_verify) {
    // Each file as it is named in the project, wherever the command was called.
    const auto source = config::is_lake(from.warehouse) ? from.warehouse : config::location_of(from).name;
    DH_ASSIGN(const auto verified, pipeline::verify_against(to, source, show));
    is_same = verified.ok();
  }
  progress.clear();
  if (globals.json)
    print_out("{{\"tables\": {}, \"rows\": {}, \"known\": {}, \"verified\": {}, \"equal\": {}}}\n", moved.tables,
              moved.rows, moved.known, !options.no_verify, is_same);
  else if (!globals.quiet)
    print_out("Copied {} tables, {} rows in {:.1f} s{}{}.\nNow set project.warehouse = \"{}\" in deskhouse.toml.\n",
              moved.tables, grouped(moved.rows), moved.seconds,
              moved.known > 0 ? fmt::format(", beside {} that were copied before", moved.known) : "",
              !options.no_verify && is_same ? "; both hold the same, cell by cell" : "", options.to);
  if (!is_same)
    return fail(Error::Kind::warehouse,
                fmt::format("The two differ: `deskhouse verify --against {}` says where. Stay with the old one and "
                            "report it",
                            options.to));
  return 0;
}

}  // namespace

void add_migrate(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("migrate", "Move a warehouse from a file into a lake, or back, with all that it holds");
  command->add_option("--from", options->from, "The warehouse to copy; without it that of the project");
  command->add_option("--to", options->to, "The new one: a file, ducklake:sqlite:FILE or ducklake:postgres:CONNECTION")
      ->required();
  command->add_option("--lake-data", options->lake_data, "Folder of the lake's files, instead of project.lake_data");
  command->add_flag("--no-verify", options->no_verify, "Do not compare the two afterwards");
  command->footer(
      "The old warehouse is only read, and stays. Stop `deskhouse serve` first. If it is interrupted, the same "
      "command\n"
      "goes on with the table that it was at; until it ends, the new warehouse says that nothing is published in it.\n"
      "Afterwards the two are compared, cell by cell, as `deskhouse verify --against` does.\n"
      "Examples:\n"
      "  deskhouse migrate --to ducklake:sqlite:catalogue.sqlite\n"
      "  deskhouse migrate --from ducklake:sqlite:catalogue.sqlite --to deskhouse.duckdb");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return migrate(globals, *options); }; });
}

}  // namespace deskhouse::app
