// When the next run of a repeated job is due. Pure: time comes in as an argument, jitter from a seed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/values.h"

namespace deskhouse::pipeline {

// Counts from the start of one run to the start of the next. A run that takes longer than that is followed by one run
// at once, not by as many as were missed; so is a time in which nobody ran. After a failure the next try comes sooner:
// after 10 s, then twice as long each time, at most `every`.
class Schedule {
 public:
  // `last`: when the last successful run started, if any did. REQUIRES every_us > 0.
  Schedule(std::int64_t every_us, std::optional<Timestamp> last, std::uint64_t seed);

  // The earliest time of the next run; in the past: at once.
  Timestamp next() const { return next_; }
  void succeeded(Timestamp started);
  void failed(Timestamp ended);
  int failures() const { return failures_; }  // in a row

 private:
  // Spreads the runs of many processes: up to a tenth of `us` is added.
  std::int64_t with_jitter(std::int64_t us);

  std::int64_t every_us_;
  std::uint64_t state_;
  Timestamp next_{};
  int failures_ = 0;
};

}  // namespace deskhouse::pipeline
