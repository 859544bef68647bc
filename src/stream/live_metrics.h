// Numbers of now, kept in memory: tickets by priority in windows of 10 seconds of the time they were created, and
// running totals. They are a function of operational.tickets: each micro-batch changes them by the rows that it
// published, and on start, and after any other run, they are counted from all rows, so a restart changes none of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::stream {

inline constexpr std::int64_t kWindowUs = 10 * kMicrosPerSecond;
using ByPriority = std::array<std::int64_t, 4>;  // Low, Medium, High, Critical

struct Window {
  Timestamp start;
  ByPriority tickets{};
  bool is_final = false;  // the lateness bound has passed; what still changes it is a correction
};

struct LiveSnapshot {
  std::int64_t data_version = 0;  // grows with each change
  Timestamp event_time{};         // the latest updated_at seen
  std::vector<Window> windows;    // the newest first; those without tickets left out
  std::int64_t tickets = 0, open = 0, resolved = 0, deleted = 0;
  ByPriority open_by_priority{};
  std::int64_t corrections = 0;  // changes of final windows since the start of this process
};

// Thread-safe: one thread at a time follows the warehouse, any may take snapshots.
class LiveMetrics {
 public:
  // `late_seconds`: how long after its end a window is open, in event time.
  explicit LiveMetrics(std::int64_t late_seconds) : late_us_(late_seconds * kMicrosPerSecond) {}
  // Counts all rows, which are those of this run and the ones before; unless they were counted as of it already.
  Status catch_up(warehouse::Connection& connection, std::int64_t last_run);
  // Takes in the rows that a micro-batch published.
  Status follow(warehouse::Connection& connection, std::int64_t run_id);
  LiveSnapshot snapshot(std::size_t windows) const;

 private:
  // What a ticket counts as.
  struct Counted {
    std::int64_t window_us = 0;
    std::int8_t priority = 0;
    bool is_open = false, is_deleted = false;
  };
  Status read(warehouse::Connection& connection, const std::string& condition, bool is_news);
  void count(const Counted& ticket, std::int64_t by, bool is_news);

  const std::int64_t late_us_;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, Counted> tickets_;  // by key
  std::map<std::int64_t, ByPriority> windows_;
  LiveSnapshot totals_;         // without windows
  std::int64_t last_run_ = -1;  // whose rows are counted; -1: none were yet
};

}  // namespace deskhouse::stream
