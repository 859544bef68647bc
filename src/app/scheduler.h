// Reads each source of a project at its interval, one after the other, until told to stop: what `deskhouse serve` does.
// Knows no command line; whatever else lives in that process stands beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "app/command.h"
#include "app/stop_signal.h"
#include "base/fair_lock.h"
#include "pipeline/schedule.h"

namespace deskhouse::app {

// One thread.
class Scheduler {
 public:
  // `held`: the project is open anyhow, for those who read it meanwhile. Without it the warehouse is open only while a
  // run is under way, so that other processes can read it in between. `published`: called after each run
  // that was.
  // `ended`: after each run, whatever became of it. `reread`: deskhouse.toml was read. `reloaded`: who asked for that
  // wants all that is read from files read anew. `alone`: locked while a run is under way, in `published` and `reread`
  // too, and where the warehouse is not held while it is open.
  struct Hooks {
    std::function<void()> published, ended, reread, reloaded;
    FairLock* alone = nullptr;
  };
  Scheduler(const Globals& globals, std::uint64_t seed, Hooks hooks, Project* held = nullptr)
      : globals_(globals), planner_(seed), held_(held), hooks_(std::move(hooks)) {}
  // Fails where deskhouse.toml cannot be read, or names nothing to read.
  Status check() const;
  // Goes on with the plan where meta says that it was: a source that is overdue is read at once, once. Returns when
  // asked to stop, after the run that is under way. `reload`: deskhouse.toml is read again at once; it is read before
  // each run anyhow. One that cannot be read is told and changes nothing but that the run fails.
  void run_until(const StopSignal& stop, ReloadSignal& reload);

 private:
  // The project as deskhouse.toml says now; `own` keeps it open where nobody else does.
  Result<Project*> open(std::optional<Project>& own);
  Status plan();
  std::unique_lock<FairLock> alone() const;
  void run(const std::string& source, const StopSignal& stop);
  void run_alone(const std::string& source, const StopSignal& stop);
  void tell_once(const std::string& what);
  void tidy_up_if_due(Project& project);

  const Globals& globals_;
  pipeline::Planner planner_;
  Project* const held_;
  const Hooks hooks_;
  bool must_plan_ = true;
  Timestamp free_at_{};  // not before then: somebody else has the warehouse, which is no source's fault
  std::string told_;     // why nothing could be done
};

}  // namespace deskhouse::app
