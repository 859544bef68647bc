// deskhouse: the command line. Parses, runs one command, prints its error in one place.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "app/command.h"
#include "app/log.h"
#include "base/version.h"

namespace {

constexpr auto kFooter =
    "First steps:\n"
    "  deskhouse demo                        an invented help desk, loaded, in ./deskhouse-demo\n"
    "  deskhouse -C my-desk init             a project of your own; then edit my-desk/deskhouse.toml\n"
    "  deskhouse -C my-desk doctor           what is still missing\n"
    "  deskhouse -C my-desk run              extract, validate, publish\n"
    "Every day:\n"
    "  deskhouse status                      what became of every record\n"
    "  deskhouse quarantine list             what was rejected, and why\n"
    "  deskhouse explain sla INC0000045      why a ticket is late\n"
    "  deskhouse query \"from mart_service_desk.sla_by_month\"\n"
    "  deskhouse verify                      prove that the numbers are right\n"
    "`deskhouse COMMAND --help` has examples. Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 quality gate.";

}  // namespace

int main(int argc, char** argv) {
  using namespace deskhouse;
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the user's limit is an error to tell, not the end of the process
  CLI::App root{
      "Deskhouse turns raw service-desk files into a dimensional model and five data marts that can be trusted.",
      "deskhouse"};
  app::Globals globals;
  std::function<app::Outcome()> chosen;
  root.set_version_flag("--version", std::string("deskhouse ") + std::string(kVersion));
  root.add_option("-C,--project", globals.project, "Project folder, where deskhouse.toml is")->capture_default_str();
  root.add_flag("--json", globals.json, "Print JSON instead of tables");
  root.add_flag("-q,--quiet", globals.quiet, "No progress and no summary");
  root.add_option("--log-format", globals.log_format,
                  "What happens, on standard error and of `serve` and `stream`: as text, or a JSON object a line")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  root.require_subcommand(1);
  root.fallthrough();
  root.footer(kFooter);
  for (std::size_t i = 0; i < app::kCommandCount; ++i) app::kCommands[i].add(root, globals, chosen);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = root.exit(error);
    return code == 0 ? 0 : 2;
  }
  app::set_log_format(globals.log_format == "json" ? app::LogFormat::json : app::LogFormat::text);
  const auto outcome = chosen();
  if (outcome) return *outcome;
  if (app::log_format() == app::LogFormat::json) {
    app::log(app::Level::error, outcome.error().message,
             {{"exit_code", std::int64_t{app::exit_code(outcome.error())}}});
    return app::exit_code(outcome.error());
  }
  fmt::print(stderr, "deskhouse: {}\n", outcome.error().message);
  return app::exit_code(outcome.error());
}
