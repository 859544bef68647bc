#include "staging/text.h"

#include <gtest/gtest.h>

namespace deskhouse::staging {
namespace {

TEST(Trim, RemovesBlanksAndNoBreakSpacesAtBothEnds) {
  EXPECT_EQ(trim("  a b \t\r\n"), "a b");
  EXPECT_EQ(trim("\xC2\xA0 a\xC2\xA0\xC2\xA0"), "a");
  EXPECT_EQ(trim(" \xC2\xA0 "), "");
  EXPECT_NE(trim(" ").data(), nullptr) << "an empty text is not NULL";
}

TEST(Trim, LeavesOtherCharactersWhole) {
  EXPECT_EQ(trim("\xC3\xA0"), "\xC3\xA0") << "a grave ends in the byte of a no-break space";
  EXPECT_EQ(trim("\xC2\xA9"), "\xC2\xA9") << "a copyright sign begins like one";
}

TEST(Cut, DoesNotSplitACharacter) {
  EXPECT_EQ(cut("abc", 5), "abc");
  EXPECT_EQ(cut("abc", 2), "ab");
  EXPECT_EQ(cut("a\xE2\x82\xAC"
                "b",
                3),
            "a");
  EXPECT_EQ(cut("a\xE2\x82\xAC"
                "b",
                4),
            "a\xE2\x82\xAC");
}

TEST(EqualsIgnoringCase, AsciiOnly) {
  EXPECT_TRUE(equals_ignoring_case("OpEn", "open"));
  EXPECT_FALSE(equals_ignoring_case("open", "opens"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

TEST(WordSet, ComparesWholeWordsWithCase) {
  WordSet words;
  EXPECT_FALSE(words.contains(""));
  words.add("N/A");
  words.add("?");
  EXPECT_TRUE(words.contains("?"));
  EXPECT_TRUE(words.contains("N/A"));
  EXPECT_FALSE(words.contains("n/a"));
  EXPECT_FALSE(words.contains("!"));
  EXPECT_FALSE(words.contains(std::string(67, '?'))) << "same length modulo 64";
}

TEST(ValueMap, FindsExactlyWhatWasAddedAndTheLastWins) {
  ValueMap map;
  EXPECT_TRUE(map.empty());
  for (const auto* raw : {"New", "On Hold", "", "Awaiting Problem", "new"}) map.add(raw, std::string("=") + raw);
  map.add("New", "Open");
  EXPECT_EQ(*map.find("New"), "Open");
  EXPECT_EQ(*map.find("new"), "=new");
  EXPECT_EQ(*map.find(""), "=");
  EXPECT_EQ(map.find("Ne"), nullptr);
  EXPECT_EQ(map.find("On hold"), nullptr);
}

}  // namespace
}  // namespace deskhouse::staging
