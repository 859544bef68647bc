// A command line: its options, the command that it names, and what that does. One is parsed by main(), and one by a
// server for each command that it runs for another process.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/command.h"

namespace deskhouse::app {

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  // An exit code where there is nothing to run: --help and --version, which it prints, and mistakes, which it tells.
  std::optional<int> parse(const std::vector<std::string>& arguments);

  Globals globals;  // may be changed between parse() and run()
  // What parse() chose; never null after it.
  const Command& command() const { return *command_; }
  // Runs it, and prints its error in one place: the exit code.
  int run();

 private:
  CLI::App root_;
  std::function<Outcome()> chosen_;
  const Command* command_ = nullptr;
};

}  // namespace deskhouse::app
