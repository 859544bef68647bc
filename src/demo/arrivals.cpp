#include "demo/arrivals.h"

#include <algorithm>
#include <array>

#include "base/values.h"
#include "demo/random.h"

namespace deskhouse::demo {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kHoursPerYear = 8766;
constexpr std::int64_t kStormsPerYear = 4;
constexpr double kStormFactor = 5;
constexpr double kGrowthPerYear = 0.18;  // of the first year's rate

constexpr std::array<double, 24> kHourOfDay = {0.10, 0.08, 0.07, 0.07, 0.10, 0.20, 0.55, 1.30, 2.40, 2.90, 2.70, 2.30,
                                               1.80, 2.20, 2.40, 2.10, 1.60, 0.95, 0.55, 0.40, 0.30, 0.22, 0.16, 0.12};
constexpr std::array<double, 7> kDayOfWeek = {1.30, 1.15, 1.10, 1.08, 0.95, 0.24, 0.20};  // Monday first
constexpr std::array<double, 12> kMonth = {1.10, 1.04, 1.03, 1.00, 0.98, 0.97, 0.86, 0.84, 1.06, 1.08, 1.05, 0.88};

double weight_of(std::int64_t at_s, std::int64_t from_s) {
  const Date day = utc_day(Timestamp{at_s * kMicrosPerSecond});
  const CivilDate civil = to_civil(day);
  const auto weekday = static_cast<std::size_t>((day.days + 3) % 7);  // 1970-01-01 was a Thursday
  const auto hour = static_cast<std::size_t>(at_s / kHour % 24);
  const bool quiet = (civil.month == 12 && civil.day >= 24) || (civil.month == 1 && civil.day == 1);
  const double growth = 1 + kGrowthPerYear * static_cast<double>((at_s - from_s) / kHour) / kHoursPerYear;
  return kHourOfDay[hour] * kDayOfWeek[weekday] * kMonth[civil.month - 1] * growth * (quiet ? 0.3 : 1.0);
}

}  // namespace

Arrivals::Arrivals(std::uint64_t seed, std::int64_t from_s, std::int64_t to_s, bool storms) : from_s_(from_s) {
  const std::int64_t hours = (to_s - from_s) / kHour - 1;
  if (storms) brew_storms(seed, hours);
  until_.reserve(static_cast<std::size_t>(hours) + 1);
  until_.push_back(0);
  for (std::int64_t h = 0; h < hours; ++h) {
    const std::int64_t at_s = from_s + h * kHour;
    until_.push_back(until_.back() + weight_of(at_s, from_s) * (storm_at(at_s) >= 0 ? kStormFactor : 1));
  }
}

void Arrivals::brew_storms(std::uint64_t seed, std::int64_t hours) {
  const std::int64_t count = std::max<std::int64_t>(1, hours * kStormsPerYear / kHoursPerYear);
  for (std::int64_t i = 0; i < count; ++i) {
    Draw draw(seed, Stream::storm, i);
    // Ten days short of its share of the time, so that storms keep their order and distance.
    std::int64_t day = i * (hours / 24) / count + draw.below(hours / 24 / count - 10);
    while ((floor_div(from_s_, 86'400) + day + 3) % 7 >= 5) ++day;  // a weekday
    const std::int64_t start = (day * 24 + draw.between(8, 14)) * kHour - from_s_ % 86'400;
    storms_.push_back({from_s_ + start, from_s_ + start + draw.between(2, 5) * kHour});
  }
}

std::int64_t Arrivals::at(double quantile) const {
  const double wanted = quantile * until_.back();
  const auto next = std::upper_bound(until_.begin() + 1, until_.end() - 1, wanted);
  const double share = (wanted - *(next - 1)) / (*next - *(next - 1));
  const auto second = std::min<std::int64_t>(static_cast<std::int64_t>(share * kHour), kHour - 1);
  return from_s_ + (next - 1 - until_.begin()) * kHour + second;
}

double Arrivals::quantile_of(std::int64_t at_s) const {
  const auto hour = std::min((at_s - from_s_) / kHour, static_cast<std::int64_t>(until_.size()) - 1);
  return until_[static_cast<std::size_t>(hour)] / until_.back();
}

int Arrivals::storm_at(std::int64_t at_s) const {
  const auto next = std::upper_bound(storms_.begin(), storms_.end(), at_s,
                                     [](std::int64_t t, const Storm& storm) { return t < storm.from_s; });
  if (next == storms_.begin() || at_s >= (next - 1)->to_s) return -1;
  return static_cast<int>(next - 1 - storms_.begin());
}

}  // namespace deskhouse::demo
