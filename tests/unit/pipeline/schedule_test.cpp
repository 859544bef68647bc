#include "pipeline/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace deskhouse::pipeline {
namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kEvery = 5 * kMinute;
constexpr Timestamp kNoon{1'700'000'000 * kMicrosPerSecond};
Timestamp after(std::int64_t us) {
  return Timestamp{kNoon.us + us};
}

TEST(Schedule, StartsAtOnceWithoutAnEarlierRunOrAfterADowntime) {
  EXPECT_LE(Schedule(kEvery, {}, 1).next(), kNoon);
  EXPECT_LE(Schedule(kEvery, {.last_success = after(-60 * kMinute)}, 1).next(), kNoon);
}

TEST(Schedule, WaitsForTheRestOfTheIntervalAfterARestart) {
  const Schedule schedule(kEvery, {.last_success = after(-kMinute)}, 1);
  EXPECT_GE(schedule.next(), after(4 * kMinute));
  EXPECT_LT(schedule.next(), after(4 * kMinute + kEvery / 10));
}

TEST(Schedule, CountsFromStartToStartAndDoesNotCatchUpManyTimes) {
  Schedule schedule(kEvery, {}, 1);
  schedule.succeeded(kNoon);  // a run of twelve minutes: over at 12:12, due at 12:05
  EXPECT_LT(schedule.next(), after(12 * kMinute));
  schedule.succeeded(after(12 * kMinute));
  EXPECT_GE(schedule.next(), after(17 * kMinute));
}

TEST(Schedule, TriesAgainSoonerAndMoreSlowlyEachTime) {
  Schedule schedule(kEvery, {}, 1);
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
  Schedule one(kEvery, {.last_success = kNoon}, 1), other(kEvery, {.last_success = kNoon}, 2);
  EXPECT_NE(one.next(), other.next());
  const auto first = one.next();
  one.succeeded(kNoon);
  EXPECT_NE(one.next(), first);
}

TEST(Schedule, ARestartGoesOnBackingOff) {
  const Schedule schedule(kEvery, {.last_success = after(-60 * kMinute), .failures = 3, .last_failure = kNoon}, 1);
  EXPECT_EQ(schedule.failures(), 3);
  EXPECT_GE(schedule.next(), after(40 * kMicrosPerSecond));
  EXPECT_LE(schedule.next(), after(44 * kMicrosPerSecond));
}

TEST(Planner, TakesWhatIsDueForLongest) {
  Planner planner(1);
  planner.set_jobs({{"a", kEvery}, {"b", kEvery}, {"new", kEvery}},
                   {{"a", {.last_success = after(-20 * kMinute)}}, {"b", {.last_success = after(-30 * kMinute)}}});
  for (const auto* expected : {"new", "b", "a"}) {  // what was never read comes first
    EXPECT_EQ(planner.due(kNoon), expected);
    planner.succeeded(expected, kNoon);
  }
  EXPECT_EQ(planner.due(kNoon), std::nullopt);
  EXPECT_GE(planner.next(), after(kEvery));
}

TEST(Planner, AJobThatFailsIsPutOffAndTheOthersGoOn) {
  Planner planner(1);
  planner.set_jobs({{"bad", kEvery}, {"good", kEvery}}, {});
  planner.failed("bad", kNoon);
  EXPECT_EQ(planner.due(kNoon), "good");
  planner.succeeded("good", kNoon);
  EXPECT_EQ(planner.due(after(11 * kMicrosPerSecond)), "bad");
  EXPECT_EQ(planner.failures_of("bad"), 1);
  EXPECT_EQ(planner.failures_of("good"), 0);
}

TEST(Planner, AClockThatIsSetBackStopsNobody) {
  Planner planner(1);
  planner.set_jobs({{"a", kEvery}}, {{"a", {.last_success = after(600 * kMinute)}}});
  EXPECT_EQ(planner.due(kNoon), "a");
  planner.succeeded("a", kNoon);
  EXPECT_EQ(planner.due(after(kMinute)), std::nullopt);
}

TEST(Planner, AChangeOfOneJobLeavesTheOthersAlone) {
  Planner planner(1);
  planner.set_jobs({{"a", kEvery}, {"b", kEvery}, {"c", kEvery}}, {});
  for (const auto* source : {"a", "b", "c"}) planner.succeeded(source, kNoon);
  const auto next = planner.next_of("a");
  planner.set_jobs({{"a", kEvery}, {"b", kMinute}, {"d", kEvery}}, {{"b", {.last_success = kNoon}}});
  EXPECT_EQ(planner.next_of("a"), next);
  EXPECT_LE(planner.next_of("b"), after(kMinute + kMinute / 10)) << "a new interval counts from its last run";
  EXPECT_EQ(planner.due(kNoon), "d") << "and c is gone";
  planner.set_jobs({}, {});
  EXPECT_TRUE(planner.empty());
}

// Days of work in an instant: runs of any length that succeed or fail, and times in which nobody looks.
RC_GTEST_PROP(Planner, KeepsEachIntervalWhateverHappens, ()) {
  const auto count = *rc::gen::inRange(1, 5);
  std::vector<Job> jobs;
  for (int i = 0; i < count; ++i)
    jobs.push_back({std::string(1, static_cast<char>('a' + i)), *rc::gen::inRange(1, 60) * kMinute});
  Planner planner(*rc::gen::arbitrary<std::uint64_t>());
  planner.set_jobs(jobs, {});
  std::map<std::string, Timestamp> last_start, earliest;
  auto clock = kNoon;
  for (int step = 0; step < 60; ++step) {
    const auto due = planner.due(clock);
    if (!due) {
      RC_ASSERT(planner.next() > clock);  // else somebody would be forgotten
      clock = Timestamp{planner.next().us + *rc::gen::element<std::int64_t>(0, 0, 0, kMinute, 600 * kMinute)};
      continue;
    }
    const auto job = *std::ranges::find(jobs, *due, &Job::source);
    if (last_start.contains(*due)) RC_ASSERT(clock >= earliest[*due]);
    for (const auto& other : jobs) RC_ASSERT(planner.next_of(*due) <= planner.next_of(other.source));
    last_start[*due] = clock;
    const auto started = clock;
    clock = Timestamp{clock.us + *rc::gen::inRange<std::int64_t>(0, 30 * kMinute)};
    if (*rc::gen::inRange(0, 3) > 0) {
      planner.succeeded(*due, started);
      earliest[*due] = Timestamp{started.us + job.every_us};
      RC_ASSERT(planner.next_of(*due).us <= started.us + job.every_us + job.every_us / 10);
    } else {
      planner.failed(*due, clock);
      earliest[*due] = clock;
      RC_ASSERT(planner.next_of(*due) > clock);
      RC_ASSERT(planner.next_of(*due).us <= clock.us + job.every_us + job.every_us / 10);
    }
  }
  std::set<std::string> all;
  for (const auto& [source, when] : last_start) all.insert(source);
  RC_ASSERT(static_cast<int>(all.size()) == count);
}

}  // namespace
}  // namespace deskhouse::pipeline
