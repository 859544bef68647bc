#include "pipeline/schedule.h"

#include <gtest/gtest.h>

namespace deskhouse::pipeline {
namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kEvery = 5 * kMinute;
constexpr Timestamp kNoon{1'700'000'000 * kMicrosPerSecond};
Timestamp after(std::int64_t us) {
  return Timestamp{kNoon.us + us};
}

TEST(Schedule, StartsAtOnceWithoutAnEarlierRunOrAfterADowntime) {
  EXPECT_LE(Schedule(kEvery, std::nullopt, 1).next(), kNoon);
  EXPECT_LE(Schedule(kEvery, after(-60 * kMinute), 1).next(), kNoon);
}

TEST(Schedule, WaitsForTheRestOfTheIntervalAfterARestart) {
  const Schedule schedule(kEvery, after(-kMinute), 1);
  EXPECT_GE(schedule.next(), after(4 * kMinute));
  EXPECT_LT(schedule.next(), after(4 * kMinute + kEvery / 10));
}

TEST(Schedule, CountsFromStartToStartAndDoesNotCatchUpManyTimes) {
  Schedule schedule(kEvery, std::nullopt, 1);
  schedule.succeeded(kNoon);  // a run of twelve minutes: over at 12:12, due at 12:05
  EXPECT_LT(schedule.next(), after(12 * kMinute));
  schedule.succeeded(after(12 * kMinute));
  EXPECT_GE(schedule.next(), after(17 * kMinute));
}

TEST(Schedule, TriesAgainSoonerAndMoreSlowlyEachTime) {
  Schedule schedule(kEvery, std::nullopt, 1);
  std::int64_t expected = 10 * kMicrosPerSecond;
  for (int i = 1; i <= 60; ++i) {
    schedule.failed(kNoon);
    EXPECT_EQ(schedule.failures(), i);
    EXPECT_GE(schedule.next(), after(expected));
    EXPECT_LE(schedule.next(), after(expected + expected / 10));
    expected = std::min(kEvery, expected * 2);
  }
  schedule.succeeded(kNoon);
  EXPECT_EQ(schedule.failures(), 0);
  EXPECT_GE(schedule.next(), after(kEvery));
}

TEST(Schedule, SpreadsProcessesAndRuns) {
  Schedule one(kEvery, kNoon, 1), other(kEvery, kNoon, 2);
  EXPECT_NE(one.next(), other.next());
  const auto first = one.next();
  one.succeeded(kNoon);
  EXPECT_NE(one.next(), first);
}

}  // namespace
}  // namespace deskhouse::pipeline
