#include "pipeline/key_roll.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace deskhouse::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Keys = std::vector<std::int64_t>;

TEST(KeyRoll, TellsWhoIsMissing) {
  KeyRoll roll({30, -10, 20, 20});
  for (const std::int64_t key : {20, 99, 20}) roll.see(key);
  EXPECT_EQ(roll.known(), 3);
  EXPECT_EQ(roll.listed(), 3);
  EXPECT_THAT(roll.missing(), ElementsAre(-10, 30));
  EXPECT_THAT(roll.present(), ElementsAre(20));
}

RC_GTEST_PROP(KeyRoll, IsTheDifferenceOfTwoSets, (const Keys& known, const Keys& listed)) {
  KeyRoll roll(known);
  for (const auto key : listed) roll.see(key);
  const std::set<std::int64_t> ours(known.begin(), known.end()), theirs(listed.begin(), listed.end());
  Keys missing, present;
  std::ranges::set_difference(ours, theirs, std::back_inserter(missing));
  std::ranges::set_intersection(ours, theirs, std::back_inserter(present));
  RC_ASSERT(roll.missing() == missing);
  RC_ASSERT(roll.present() == present);
}

TEST(Doubts, AnEmptyListIsNeverBelieved) {
  EXPECT_THAT(doubts(3, 0, 3, 100).value_or(""), HasSubstr("lists no record at all, and 3 are known"));
  EXPECT_EQ(doubts(0, 0, 0, 20), std::nullopt) << "nothing is missing";
}

TEST(Doubts, AHandfulMayGoAndOfManyTheShareCounts) {
  EXPECT_EQ(doubts(11, 1, 10, 20), std::nullopt);
  EXPECT_EQ(doubts(100, 80, 20, 20), std::nullopt) << "the limit itself is within it";
  EXPECT_THAT(doubts(100, 79, 21, 20).value_or(""), HasSubstr("21 of the 100 known records"));
  EXPECT_TRUE(doubts(1'000, 989, 11, 0)) << "a limit of 0 lets a handful go";
  EXPECT_EQ(doubts(100, 1, 99, 100), std::nullopt);
}

}  // namespace
}  // namespace deskhouse::pipeline
