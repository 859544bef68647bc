#include "staging/version_index.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <map>
#include <vector>

namespace deskhouse::staging {
namespace {

using Outcome = VersionIndex::Outcome;
constexpr std::uint32_t kCheck = 7;

TEST(VersionIndex, LaterUpdateWinsThenVersionThenPosition) {
  VersionIndex index;
  EXPECT_EQ(index.offer(1, kCheck, {10, 1, 100}, 0xA).outcome, Outcome::first);
  EXPECT_EQ(index.offer(1, kCheck, {9, 9, 900}, 0xB).outcome, Outcome::older);
  const auto version = index.offer(1, kCheck, {10, 2, 50}, 0xC);
  EXPECT_EQ(version.outcome, Outcome::newer);
  EXPECT_EQ(version.replaced_position, 100);
  EXPECT_FALSE(version.tie);
  const auto update = index.offer(1, kCheck, {11, 0, 10}, 0xD);
  EXPECT_EQ(update.outcome, Outcome::newer);
  EXPECT_EQ(update.replaced_position, 50);
  EXPECT_EQ(index.size(), 1u);
}

TEST(VersionIndex, TieIsWhereOnlyThePositionDecides) {
  VersionIndex index;
  index.offer(1, kCheck, {10, 1, 100}, 0xA);
  const auto later = index.offer(1, kCheck, {10, 1, 101}, 0xB);
  EXPECT_EQ(later.outcome, Outcome::newer);
  EXPECT_TRUE(later.tie);
  const auto earlier = index.offer(1, kCheck, {10, 1, 99}, 0xC);
  EXPECT_EQ(earlier.outcome, Outcome::older);
  EXPECT_TRUE(earlier.tie);
}

TEST(VersionIndex, SameContentOfTheSameVersionIsADuplicateWhereverItStands) {
  VersionIndex index;
  index.offer(1, kCheck, {10, 1, 100}, 0xA);
  for (const std::int64_t position : {99, 100, 101}) {
    const auto offer = index.offer(1, kCheck, {10, 1, position}, 0xA);
    EXPECT_EQ(offer.outcome, Outcome::duplicate) << position;
    EXPECT_FALSE(offer.tie) << position;
  }
  EXPECT_EQ(index.offer(1, kCheck, {11, 1, 102}, 0xA).outcome, Outcome::newer)
      << "another version, whatever it says";
}

TEST(VersionIndex, ReplacedPositionIsThatOfTheRowThatWasKept) {
  VersionIndex index;
  index.offer(1, kCheck, {10, 1, 100}, 0xA);
  index.offer(1, kCheck, {10, 1, 105}, 0xA);  // a duplicate: the row at 100 stays
  EXPECT_EQ(index.offer(1, kCheck, {10, 1, 103}, 0xB).outcome, Outcome::older)
      << "between the two of the same content";
  EXPECT_EQ(index.offer(1, kCheck, {11, 0, 1}, 0xC).replaced_position, 100);
}

TEST(VersionIndex, AnotherCheckWithTheSameKeyIsACollision) {
  VersionIndex index;
  index.offer(1, kCheck, {10, 1, 100}, 0xA);
  EXPECT_EQ(index.offer(1, kCheck + 1, {10, 1, 101}, 0xA).outcome, Outcome::collision);
}

TEST(VersionIndex, KeepsManyKeysApartWhileItGrows) {
  VersionIndex index;
  constexpr std::int64_t kKeys = 50'000;
  for (std::int64_t key = 0; key < kKeys; ++key)
    ASSERT_EQ(index.offer(key << 20, kCheck, {1, 0, key}, key).outcome, Outcome::first) << key;
  EXPECT_EQ(index.size(), static_cast<std::size_t>(kKeys));
  for (std::int64_t key = 0; key < kKeys; ++key)
    ASSERT_EQ(index.offer(key << 20, kCheck, {2, 0, kKeys + key}, key).replaced_position, key);
}

struct Version {
  std::int64_t key;
  VersionRank rank;
  std::int64_t hash;
};

// Content of the row that a caller holds per key after all offers.
std::map<std::int64_t, std::int64_t> winners(const std::vector<Version>& offers) {
  VersionIndex index;
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> held;  // position, hash
  for (const auto& v : offers) {
    const auto offer = index.offer(v.key, kCheck, v.rank, v.hash);
    if (offer.outcome == Outcome::newer) RC_ASSERT(held.at(v.key).first == offer.replaced_position);
    if (offer.outcome == Outcome::first || offer.outcome == Outcome::newer)
      held[v.key] = {v.rank.position, v.hash};
  }
  std::map<std::int64_t, std::int64_t> content;
  for (const auto& [key, row] : held) content[key] = row.second;
  return content;
}

RC_GTEST_PROP(VersionIndexProperty, WinnersDoNotDependOnOrderOrRepetition, ()) {
  // Few keys, times, counters and contents, so that ties and duplicates are frequent; positions are unique.
  std::vector<Version> offers;
  const int count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i)
    offers.push_back({*rc::gen::inRange<std::int64_t>(1, 4),
                      {*rc::gen::inRange<std::int64_t>(0, 3), *rc::gen::inRange<std::int64_t>(0, 2), i},
                      *rc::gen::inRange<std::int64_t>(0, 3)});
  std::map<std::int64_t, std::pair<VersionRank, std::int64_t>> best;
  for (const auto& v : offers) {
    const auto [at, first] = best.try_emplace(v.key, v.rank, v.hash);
    if (!first && v.rank > at->second.first) at->second = {v.rank, v.hash};
  }
  std::map<std::int64_t, std::int64_t> expected;
  for (const auto& [key, v] : best) expected[key] = v.second;
  RC_ASSERT(winners(offers) == expected);

  auto shuffled = offers;
  const auto again = *rc::gen::inRange(0, count);
  for (int i = 0; i < again; ++i) shuffled.push_back(offers[static_cast<std::size_t>(i)]);  // a re-run
  for (std::size_t i = shuffled.size(); i > 1; --i)
    std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
  RC_ASSERT(winners(shuffled) == expected);
}

}  // namespace
}  // namespace deskhouse::staging
