// deskhouse: the command line. A command that needs a warehouse is run by the server that has it open, if one runs.
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "app/command_line.h"
#include "app/console.h"
#include "base/version.h"
#include "control/call.h"

namespace {

// nullopt: there is no server, or this is not for it.
std::optional<int> run_by_server(const deskhouse::app::CommandLine& line, const std::vector<std::string>& arguments) {
  using namespace deskhouse;
  if (!line.command().by_server) return std::nullopt;
  std::error_code ignored;
  const auto answer = control::call(control::socket_of(line.globals.folder()),
                                    {std::string(kVersion), std::filesystem::current_path(ignored), arguments});
  if (answer) return *answer;
  app::print_error("deskhouse: {}\n", answer.error().message);
  return app::exit_code(answer.error());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace deskhouse;
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the user's limit is an error to tell, not the end of the process
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  app::CommandLine line;
  if (const auto ended = line.parse(arguments)) return *ended;
  if (const auto done = run_by_server(line, arguments)) return *done;
  return line.run();
}
