#include "base/keys.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace deskhouse {
namespace {

// Stored in every warehouse: a change of the hash would orphan all of them.
TEST(Keys, NeverChange) {
  EXPECT_EQ(natural_key("desk", "INC0000045"), natural_key("desk", "INC0000045"));
  EXPECT_NE(natural_key("desk", "1"), natural_key("des", "k1"));
  EXPECT_NE(natural_key("a", "1"), natural_key("b", "1"));
}

TEST(Keys, AreNeverTheUnknownMemberAndRarelyMeet) {
  std::set<std::int64_t> seen;
  for (int i = 0; i < 100'000; ++i) seen.insert(natural_key("desk", std::to_string(i)));
  EXPECT_EQ(seen.size(), 100'000u);
  EXPECT_FALSE(seen.contains(0));
}

TEST(Keys, LongIdsHashLikeShortOnes) {
  const std::string id(1000, 'x');
  EXPECT_EQ(natural_key("desk", id), natural_key("desk", id));
  EXPECT_NE(natural_key("desk", id), natural_key("desk", id + "y"));
}

TEST(Keys, AVersionIsItsMemberAndItsStart) {
  EXPECT_EQ(version_key(7, Timestamp{0}), version_key(7, Timestamp{0}));
  EXPECT_NE(version_key(7, Timestamp{0}), version_key(7, Timestamp{1}));
  EXPECT_NE(version_key(7, Timestamp{0}), version_key(8, Timestamp{0}));
}

}  // namespace
}  // namespace deskhouse
