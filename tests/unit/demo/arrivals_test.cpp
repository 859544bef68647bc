#include "demo/arrivals.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "base/values.h"

namespace deskhouse::demo {
namespace {

constexpr std::int64_t kFrom = 1'672'531'200, kTo = 1'767'225'600;  // 2023-01-01 .. 2026-01-01

TEST(Arrivals, AreMonotoneAndWithinTheirTime) {
  const Arrivals arrivals(1, kFrom, kTo, true);
  std::int64_t before = kFrom;
  for (int i = 0; i < 100'000; ++i) {
    const std::int64_t at = arrivals.at(i / 100'000.0);
    ASSERT_GE(at, before);
    ASSERT_LT(at, kTo - 3600);
    before = at;
  }
}

TEST(Arrivals, HaveSeasons) {
  const Arrivals arrivals(1, kFrom, kTo, false);
  std::array<double, 7> weekday{};
  std::array<double, 24> hour{};
  std::map<int, double> year;
  for (int i = 0; i < 100'000; ++i) {
    const std::int64_t at = arrivals.at((i + 0.5) / 100'000);
    const Date day = utc_day(Timestamp{at * kMicrosPerSecond});
    ++weekday[static_cast<std::size_t>((day.days + 3) % 7)];
    ++hour[static_cast<std::size_t>(at / 3600 % 24)];
    ++year[to_civil(day).year];
  }
  const double weekend = weekday[5] + weekday[6], total = 100'000;
  EXPECT_LT(weekend / total, 0.12);
  EXPECT_GT(weekend / total, 0.03);
  double office = 0;
  for (std::size_t h = 8; h < 17; ++h) office += hour[h];
  EXPECT_GT(office / total, 0.7);
  EXPECT_GT(year[2024], year[2023] * 1.08);
  EXPECT_GT(year[2025], year[2024] * 1.08);
}

TEST(Arrivals, StormsAreFullOfTickets) {
  const Arrivals calm(1, kFrom, kTo, false), wild(1, kFrom, kTo, true);
  ASSERT_GE(wild.storms().size(), 10u);
  for (std::size_t i = 0; i < wild.storms().size(); ++i) {
    const auto& storm = wild.storms()[i];
    if (i > 0) {
      EXPECT_GT(storm.from_s, wild.storms()[i - 1].to_s);
    }
    EXPECT_EQ(wild.storm_at(storm.from_s), static_cast<int>(i));
    EXPECT_EQ(wild.storm_at(storm.to_s), -1);
    const auto share = [&](const Arrivals& a) { return a.quantile_of(storm.to_s) - a.quantile_of(storm.from_s); };
    EXPECT_GT(share(wild), share(calm) * 4);
  }
}

}  // namespace
}  // namespace deskhouse::demo
