#include "pipeline/schedule.h"

#include <algorithm>

#include "base/result.h"

namespace deskhouse::pipeline {

namespace {

constexpr std::int64_t kFirstRetry = 10 * kMicrosPerSecond;

}  // namespace

Schedule::Schedule(std::int64_t every_us, std::optional<Timestamp> last, std::uint64_t seed)
    : every_us_(every_us), state_(seed) {
  DH_ASSERT(every_us > 0, "an interval is positive");
  if (last) next_ = Timestamp{last->us + with_jitter(every_us_)};
}

std::int64_t Schedule::with_jitter(std::int64_t us) {
  // splitmix64: a good mixture of consecutive states
  auto z = state_ += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  const auto share = static_cast<double>(z >> 11) / 9007199254740992.0;  // [0, 1)
  return us + static_cast<std::int64_t>(share * static_cast<double>(us) / 10);
}

void Schedule::succeeded(Timestamp started) {
  failures_ = 0;
  next_ = Timestamp{started.us + with_jitter(every_us_)};
}

void Schedule::failed(Timestamp ended) {
  const auto doublings = std::min(failures_++, 30);
  next_ = Timestamp{ended.us + with_jitter(std::min(every_us_, kFirstRetry << doublings))};
}

}  // namespace deskhouse::pipeline
