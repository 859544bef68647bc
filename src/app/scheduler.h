// Reads each source of a project at its interval, one after the other, until told to stop: what `deskhouse serve` does.
// Knows no command line; whatever else lives in that process stands beside it.
#pragma once

#include <cstdint>

#include "app/command.h"
#include "app/stop_signal.h"
#include "pipeline/schedule.h"

namespace deskhouse::app {

// One thread. The warehouse is open only while a run is under way, so that others can read it in between.
class Scheduler {
 public:
  Scheduler(const Globals& globals, std::uint64_t seed) : globals_(globals), planner_(seed) {}
  // Reads deskhouse.toml and what meta says of earlier runs: the plan goes on where it was. A source that is overdue is
  // read at once, once. Fails where there is nothing to read.
  Status start();
  // Returns when asked to stop, after the run that is under way. `reload`: deskhouse.toml is read again at once; it is
  // read before each run anyhow. One that cannot be read is told and changes nothing but that the run fails.
  void run_until(const StopSignal& stop, ReloadSignal& reload);

 private:
  Status plan(Project& project);
  void reload_plan();
  void run(const std::string& source);
  Result<pipeline::RunReport> try_run(const std::string& source);

  const Globals& globals_;
  pipeline::Planner planner_;
};

}  // namespace deskhouse::app
