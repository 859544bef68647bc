// What every command shares: the project folder, output forms, and the registry's contract. One file a command; to add
// one, write cmd_<name>.cpp and name it in registry.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/fair_lock.h"
#include "base/result.h"
#include "config/config.h"
#include "pipeline/run.h"

namespace deskhouse::app {

// Options that stand before or after any command.
struct Globals {
  std::string project = ".";
  bool json = false;
  bool quiet = false;
  std::string log_format = "text";  // or json: log.h
  std::int64_t wait_seconds = 0;    // for a warehouse that somebody else has
  std::filesystem::path folder() const { return project; }
};

// The exit code: 0 ok, 1 failed, 2 usage or config, 3 quality gate. A command returns it, or an error that main prints.
using Outcome = Result<int>;

// Adds its subcommand to `root` and sets `chosen` to what runs it. `globals` outlives the run.
using AddCommand = void (*)(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen);

// A command under `command` that does `action` with the options that all its siblings share.
template <class Options>
CLI::App* add_action(CLI::App& command, const char* name, const char* doc, const std::shared_ptr<Options>& options,
                     Outcome (*action)(const Globals&, const Options&), Globals& globals,
                     std::function<Outcome()>& chosen) {
  auto* sub = command.add_subcommand(name, doc);
  sub->fallthrough();
  sub->callback([&globals, &chosen, options, action] {
    chosen = [&globals, options, action] { return action(globals, *options); };
  });
  return sub;
}

struct Command {
  const char* name;
  AddCommand add;
  bool by_server = false;  // a server that runs for the project does it (command_host.h): it needs the warehouse
};
// All commands, in the order in which --help lists them.
extern const Command kCommands[];
extern const std::size_t kCommandCount;

int exit_code(const Error& error);

// "2024-03-05", "2024-03-05T14:00:00Z" or "now".
Result<Timestamp> parse_now(const std::string& text);

// Config of globals.project and its warehouse.
struct Project {
  std::unique_lock<FairLock> alone;  // of a server's command: nobody else writes
  config::Config config;
  pipeline::Warehouse warehouse;
  std::shared_ptr<void> interruptible;  // of a server's command: its caller may hang up meanwhile
};
// In a server, for a command of another process: its warehouse. Else that of the project's file, opened.
Result<Project> open_project(const Globals& globals, bool read_only);
// The same, to read the warehouse as of a run or a time (pipeline/time_travel.h); empty: as it is now.
Result<Project> open_project_as_of(const Globals& globals, const std::string& as_of);
// --as-of, of commands that do.
void add_as_of(CLI::App& command, std::string& as_of);
// To read what others may not change meanwhile, or with the functions of SQL that are given sets of keys: in a server
// it waits its turn as a writer does.
Result<Project> open_project_alone(const Globals& globals);
Result<Project> open_own_project(const Globals& globals, bool read_only);

}  // namespace deskhouse::app
