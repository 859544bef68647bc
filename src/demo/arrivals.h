// When tickets come in: heavy in business hours, light at weekends and at the turn of the year, growing, with
// a few storms of incidents. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

namespace deskhouse::demo {

struct Storm {
  std::int64_t from_s, to_s;
};

class Arrivals {
 public:
  // Seconds since 1970; whole hours. Nothing arrives in the last hour, so that every ticket has time to be
  // handled.
  Arrivals(std::uint64_t seed, std::int64_t from_s, std::int64_t to_s, bool storms);
  // The instant by which the share `quantile` (0 <= quantile < 1) has arrived. Monotone; to_s - 3600 is never
  // reached.
  std::int64_t at(double quantile) const;
  // The inverse: the share that arrives before an instant, which must lie between from_s and to_s.
  double quantile_of(std::int64_t at_s) const;
  const std::vector<Storm>& storms() const { return storms_; }
  // Index of the storm that rages at an instant, or -1.
  int storm_at(std::int64_t at_s) const;

 private:
  void brew_storms(std::uint64_t seed, std::int64_t hours);
  std::int64_t from_s_;
  std::vector<double> until_;  // until_[h]: weight of the hours before h
  std::vector<Storm> storms_;
};

}  // namespace deskhouse::demo
