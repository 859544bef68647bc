// SIGINT and SIGTERM for commands that go on until they are told to stop, and SIGHUP for those that can be told to look
// at deskhouse.toml again.
#pragma once

#include <functional>

#include "base/values.h"

namespace deskhouse::app {

// While it lives, the first signal only asks to stop, and says so; the second ends the process as if there were no
// handler: whatever is then under way is undone by the next run.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  ~StopSignal();
  bool asked() const;
  // Waits until `until` (wall clock), a signal, or `woken` says so; true: asked to stop.
  bool wait(Timestamp until, const std::function<bool()>& woken = {}) const;
};

// While it lives, SIGHUP asks to reload instead of ending the process.
class ReloadSignal {
 public:
  ReloadSignal();
  ReloadSignal(const ReloadSignal&) = delete;
  ~ReloadSignal();
  bool asked() const;
  bool take();  // whether it was asked since the last take
};

}  // namespace deskhouse::app
