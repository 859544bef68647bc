#include "sources/fs_seen.h"

#include <gtest/gtest.h>

#include <string>

namespace deskhouse::sources {
namespace {

TEST(FsSeen, EachTextIsNewOnce) {
  FsSeen seen;
  EXPECT_FALSE(seen.contains("7"));
  constexpr int kTexts = 100'000;
  for (int i = 0; i < kTexts; ++i) ASSERT_TRUE(seen.insert(std::to_string(i)));
  for (int i = 0; i < kTexts; ++i) ASSERT_TRUE(seen.contains(std::to_string(i)) && !seen.insert(std::to_string(i)));
  EXPECT_FALSE(seen.contains("-1"));
  seen.clear();
  EXPECT_FALSE(seen.contains("7"));
  EXPECT_TRUE(seen.insert("7"));
  EXPECT_TRUE(seen.insert(""));
}

}  // namespace
}  // namespace deskhouse::sources
