// What the stages of a run took: seconds, and the memory of the process at its highest meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::pipeline {

// A row of meta.stages.
struct Stage {
  std::string stage, name;  // "load", "desk.tickets"
  std::int64_t rows_in = 0, rows_out = 0, errors = 0, bytes = 0;
  double seconds = 0;
  std::int64_t peak_memory_bytes = 0;
};

// The highest resident memory of this process since the last StageWatch began, of the kernel's own count; since the
// process began where that cannot be reset.
std::int64_t peak_memory_bytes();

// Measures one stage from its construction on. Stages do not overlap, but for those of one extraction.
class StageWatch {
 public:
  StageWatch();
  // Seconds and memory so far, as a row.
  Stage done(std::string stage, std::string name, std::int64_t rows_in, std::int64_t rows_out) const;

 private:
  std::chrono::steady_clock::time_point start_;
};

// Adds up the seconds of a thread's work, without those that it waits.
class BusyTime {
 public:
  void go() { since_ = Clock::now(); }
  void pause() { seconds_ += std::chrono::duration<double>(Clock::now() - since_).count(); }
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point since_{};
  double seconds_ = 0;
};

Status record_stages(warehouse::Connection& connection, std::int64_t run_id, const std::vector<Stage>& stages);

}  // namespace deskhouse::pipeline
