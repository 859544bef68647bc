#include "sources/fs_limits.h"

#include <gtest/gtest.h>

namespace deskhouse::sources {
namespace {

using namespace std::chrono_literals;

class Limits : public testing::Test {
 protected:
  FsLimits::Time at(std::chrono::milliseconds ms) const { return FsLimits::Time(std::chrono::hours(1)) + ms; }
  void call(std::chrono::milliseconds when, std::int64_t remaining, std::int64_t credits = 1) {
    limits_.sent(credits, at(when));
    limits_.answered(credits, {.total = 100, .remaining = remaining, .used = credits}, at(when));
  }
  FsLimits limits_{60s};
};

TEST_F(Limits, TheFirstCallGoesAheadAlone) {
  EXPECT_EQ(limits_.free_at(1, at(0ms)), at(0ms));
  limits_.sent(1, at(0ms));
  EXPECT_EQ(limits_.free_at(1, at(1ms)), FsLimits::kAfterAnAnswer);
  limits_.answered(1, {.total = 100, .remaining = 99, .used = 1}, at(0ms));
  EXPECT_EQ(limits_.free_at(1, at(2ms)), at(2ms));
  EXPECT_EQ(limits_.total(), 100);
}

TEST_F(Limits, WhatIsUnderWayCounts) {
  call(0ms, 2);
  limits_.sent(1, at(1ms));
  limits_.sent(1, at(1ms));
  EXPECT_EQ(limits_.free_at(1, at(2ms)), FsLimits::kAfterAnAnswer);
  limits_.answered(1, {.total = 100, .remaining = 1, .used = 1}, at(1ms));
  EXPECT_EQ(limits_.free_at(1, at(3ms)), FsLimits::kAfterAnAnswer) << "the other may take the last one";
}

TEST_F(Limits, AnExhaustedWindowIsWaitedForAndThenAsked) {
  call(0ms, 0);
  EXPECT_EQ(limits_.free_at(1, at(10s)), at(60s)) << "from the first call on";
  EXPECT_EQ(limits_.free_at(1, at(60s)), at(60s));
  limits_.sent(1, at(60s));
  EXPECT_EQ(limits_.free_at(1, at(61s)), FsLimits::kAfterAnAnswer) << "one asks, the others wait";
  limits_.answered(1, {.total = 100, .remaining = 99, .used = 1}, at(60s));
  EXPECT_EQ(limits_.free_at(1, at(62s)), at(62s));
}

TEST_F(Limits, ANewWindowIsSeenByItsNumbers) {
  call(0ms, 3);
  call(20s, 99);  // somebody else's window had begun before
  call(21s, 0);
  EXPECT_EQ(limits_.free_at(1, at(22s)), at(80s));
}

TEST_F(Limits, AnswersThatOvertakeEachOtherDoNotAddCalls) {
  call(0ms, 5);
  for (int i = 0; i < 3; ++i) limits_.sent(1, at(1ms));
  limits_.answered(1, {.total = 100, .remaining = 2, .used = 1}, at(1ms));
  limits_.answered(1, {.total = 100, .remaining = 4, .used = 1}, at(1ms));
  limits_.answered(1, {.total = 100, .remaining = 3, .used = 1}, at(1ms));
  limits_.sent(2, at(2ms));
  EXPECT_EQ(limits_.free_at(1, at(3ms)), FsLimits::kAfterAnAnswer) << "two were left, and are taken";
}

TEST_F(Limits, CreditsOfAnIncludeCount) {
  call(0ms, 2);
  EXPECT_EQ(limits_.free_at(3, at(1s)), at(60s));
  EXPECT_EQ(limits_.free_at(2, at(1s)), at(1s));
}

TEST_F(Limits, RetryAfterHoldsForAll) {
  call(0ms, 50);
  limits_.blocked_until(at(5s));
  limits_.blocked_until(at(3s));
  EXPECT_EQ(limits_.free_at(1, at(1s)), at(5s));
  EXPECT_EQ(limits_.free_at(1, at(5s)), at(5s));
}

TEST_F(Limits, WithoutHeadersThereIsNoLimit) {
  limits_.sent(1, at(0ms));
  limits_.answered(1, {}, at(0ms));
  for (int i = 0; i < 1000; ++i) limits_.sent(1, at(1ms));
  EXPECT_EQ(limits_.free_at(1, at(2ms)), at(2ms));
}

TEST(Backoff, DoublesWithinBounds) {
  std::minstd_rand random(1);
  for (int i = 0; i < 100; ++i) {
    const auto first = fs_backoff(1, random), third = fs_backoff(3, random), late = fs_backoff(50, random);
    EXPECT_TRUE(first >= 250ms && first <= 500ms);
    EXPECT_TRUE(third >= 1000ms && third <= 2000ms);
    EXPECT_TRUE(late >= 15s && late <= 30s);
  }
}

}  // namespace
}  // namespace deskhouse::sources
