#include "sources/fs_limits.h"

#include <algorithm>

namespace deskhouse::sources {

using namespace std::chrono_literals;

FsLimits::Time FsLimits::free_at(std::int64_t credits, Time now) const {
  if (now < blocked_until_) return blocked_until_;
  // Before the first answer, and when a new window is only supposed to have begun, one call goes ahead to ask.
  if (!told_) return calls_under_way_ == 0 ? now : kAfterAnAnswer;
  if (!counted_ || remaining_ >= credits) return now;
  const Time reset = *window_start_ + window_;
  if (now < reset) return calls_under_way_ > 0 ? kAfterAnAnswer : reset;
  return calls_under_way_ == 0 ? now : kAfterAnAnswer;
}

void FsLimits::sent(std::int64_t credits, Time now) {
  if (!window_start_) window_start_ = now;
  under_way_ += credits;
  remaining_ -= credits;
  ++calls_under_way_;
}

void FsLimits::answered(std::int64_t credits, const FsRates& rates, Time sent_at) {
  under_way_ -= credits;
  --calls_under_way_;
  told_ = true;
  if (!rates.remaining) return;
  total_ = std::max(total_, rates.total.value_or(0));
  const bool is_new_window =
      counted_ && (*rates.remaining > last_told_ + kDisorder || sent_at >= *window_start_ + window_);
  if (is_new_window) window_start_ = sent_at;
  // A number that rose a little is older than the one before it.
  if (counted_ && !is_new_window && *rates.remaining > last_told_) return;
  counted_ = true;
  last_told_ = *rates.remaining;
  remaining_ = *rates.remaining - under_way_;
}

void FsLimits::blocked_until(Time time) {
  blocked_until_ = std::max(blocked_until_, time);
}

std::chrono::milliseconds fs_backoff(int failures, std::minstd_rand& random) {
  constexpr std::chrono::milliseconds kFirst = 500ms, kLongest = 30s;
  constexpr int kDoublingsMax = 6;
  const auto longest = std::min(kLongest, kFirst * (1 << std::min(failures - 1, kDoublingsMax)));
  std::uniform_int_distribution<std::int64_t> part(longest.count() / 2, longest.count());
  return std::chrono::milliseconds(part(random));
}

}  // namespace deskhouse::sources
