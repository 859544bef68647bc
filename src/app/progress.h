// Progress of long work on standard error: one line that rewrites itself on a terminal, nothing otherwise.
#pragma once

#include <chrono>
#include <string>

#include "pipeline/run.h"

namespace deskhouse::app {

class Progress {
 public:
  // Silent when `quiet`, or when standard error is not a terminal.
  explicit Progress(bool quiet);
  ~Progress();
  // Shows at most ten times a second; `force` always.
  void show(const std::string& line, bool force = false);
  void clear();
  pipeline::Observer observer();

 private:
  using Clock = std::chrono::steady_clock;
  bool active_;
  bool shown_ = false;
  Clock::time_point last_{}, entity_start_{};
  std::string entity_;
};

}  // namespace deskhouse::app
