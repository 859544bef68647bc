// How fast a Freshservice may be asked: what its answers say of its limits, as the earliest time of the next call.
// Pure: time comes in as an argument. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace deskhouse::sources {

// X-Ratelimit-Total, -Remaining and -Used-CurrentRequest of an answer; absent: the header was.
struct FsRates {
  std::optional<std::int64_t> total, remaining, used;
};

class FsLimits {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  explicit FsLimits(std::chrono::seconds window) : window_(window) {}

  // When a call that takes `credits` may be sent: `now`, or later; never: only after an answer that is under way.
  static constexpr Time kAfterAnAnswer = Time::max();
  Time free_at(std::int64_t credits, Time now) const;

  // Each call that is sent is answered, once: `credits` as it was sent with.
  void sent(std::int64_t credits, Time now);
  void answered(std::int64_t credits, const FsRates& rates, Time sent_at);
  // 429 or 503 with Retry-After: nothing is sent before.
  void blocked_until(Time time);

  std::int64_t total() const { return total_; }  // calls a window; 0: not told

 private:
  // Remaining calls grow from answer to answer by more than this only when a new window begins: answers overtake
  // each other.
  static constexpr std::int64_t kDisorder = 16;
  std::chrono::seconds window_;
  bool told_ = false;     // an answer came
  bool counted_ = false;  // and said how many calls remain
  std::int64_t total_ = 0;
  std::int64_t remaining_ = 0;  // less those under way
  std::int64_t last_told_ = 0;
  std::int64_t under_way_ = 0, calls_under_way_ = 0;
  std::optional<Time> window_start_;
  Time blocked_until_ = Time::min();
};

// The pause before attempt `failures` + 1 (>= 1): twice as long each time, at most 30 s, the last half by chance.
std::chrono::milliseconds fs_backoff(int failures, std::minstd_rand& random);

}  // namespace deskhouse::sources
