#include "app/command_line.h"

#include "app/command_host.h"
#include "app/console.h"
#include "base/version.h"
#include "config/scalars.h"

namespace deskhouse::app {

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
    "While `deskhouse serve` runs for a project, it runs such commands for you: its data is always one whole run.\n"
    "`deskhouse COMMAND --help` has examples. Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 quality gate.";

}  // namespace

CommandLine::CommandLine()
    : root_{"Deskhouse turns raw service-desk files into a dimensional model and five data marts that can be trusted.",
            "deskhouse"} {
  root_.set_version_flag("--version", std::string("deskhouse ") + std::string(kVersion));
  root_.add_option("-C,--project", globals.project, "Project folder, where deskhouse.toml is")->capture_default_str();
  root_.add_flag("--json", globals.json, "Print JSON instead of tables");
  root_.add_flag("-q,--quiet", globals.quiet, "No progress and no summary");
  root_
      .add_option("--log-format", globals.log_format,
                  "What happens, on standard error and of `serve` and `stream`: as text, or a JSON object a line")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  root_
      .add_option_function<std::string>(
          "--wait",
          [this](const std::string& text) {
            const auto seconds = config::parse_duration_seconds(text);
            if (!seconds) throw CLI::ValidationError("--wait", "write a duration such as 90s, 5m, 12h or 1d");
            globals.wait_seconds = *seconds;
          },
          "If another process has the warehouse, wait so long for it instead of giving up: 90s, 5m, 12h")
      ->type_name("DURATION");
  root_.require_subcommand(1);
  root_.fallthrough();
  root_.footer(kFooter);
  for (std::size_t i = 0; i < kCommandCount; ++i) kCommands[i].add(root_, globals, chosen_);
}

std::optional<int> CommandLine::parse(const std::vector<std::string>& arguments) {
  try {
    root_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return root_.exit(error) == 0 ? 0 : 2;
  }
  const auto name = root_.get_subcommands().front()->get_name();
  for (std::size_t i = 0; i < kCommandCount; ++i)
    if (name == kCommands[i].name) command_ = &kCommands[i];
  DH_ASSERT(command_ != nullptr && chosen_, "a command of the registry was chosen");
  return std::nullopt;
}

int CommandLine::run() {
  set_log_format(globals.log_format == "json" ? LogFormat::json : LogFormat::text);
  const auto outcome = chosen_();
  if (outcome) return *outcome;
  const auto code = exit_code(outcome.error());
  if (log_format() == LogFormat::json)
    log(Level::error, outcome.error().message, {{"exit_code", std::int64_t{code}}});
  else
    print_error("deskhouse: {}\n", outcome.error().message);
  return code;
}

}  // namespace deskhouse::app
