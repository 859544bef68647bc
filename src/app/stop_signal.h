// SIGINT and SIGTERM for commands that go on until they are told to stop.
#pragma once

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
  // Waits until `until` (wall clock) or a signal; true: asked to stop.
  bool wait(Timestamp until) const;
};

}  // namespace deskhouse::app
