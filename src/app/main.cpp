// deskhouse: the command line. Parses, runs one command, prints its error in one place.
#include <fmt/format.h>

#include <cstdio>

#include "app/command.h"
#include "base/version.h"

int main(int argc, char** argv) {
  using namespace deskhouse;
  CLI::App root{"Deskhouse turns raw service-desk files into a dimensional model and five data marts that can be trusted.", "deskhouse"};
  app::Globals globals;
  std::function<app::Outcome()> chosen;
  root.set_version_flag("--version", std::string("deskhouse ") + std::string(kVersion));
  root.add_option("-C,--project", globals.project, "Project folder, where deskhouse.toml is")->capture_default_str();
  root.add_flag("--json", globals.json, "Print JSON instead of tables");
  root.add_flag("-q,--quiet", globals.quiet, "No progress and no summary");
  root.require_subcommand(1);
  root.fallthrough();
  root.footer("Start with `deskhouse demo`, or `deskhouse init` in an empty folder. Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 quality gate.");
  for (std::size_t i = 0; i < app::kCommandCount; ++i) app::kCommands[i].add(root, globals, chosen);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = root.exit(error);
    return code == 0 ? 0 : 2;
  }
  const auto outcome = chosen();
  if (outcome) return *outcome;
  fmt::print(stderr, "deskhouse: {}\n", outcome.error().message);
  return app::exit_code(outcome.error());
}
