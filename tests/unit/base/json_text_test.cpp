#include "base/json_text.h"

#include <gtest/gtest.h>

namespace deskhouse {
namespace {

TEST(JsonText, EscapesWhatJsonNeeds) {
  EXPECT_EQ(json_text("plain"), "\"plain\"");
  EXPECT_EQ(json_text("a\"b\\c\nd\te\r"), "\"a\\\"b\\\\c\\nd\\te\\r\"");
  EXPECT_EQ(json_text(std::string_view("\0\x1b[31m", 6)), "\"\\u0000\\u001b[31m\"");
  EXPECT_EQ(json_text("한국어"), "\"한국어\"");
}

TEST(LossyUtf8, KeepsValidTextAndMarksEachBrokenByte) {
  EXPECT_EQ(lossy_utf8("é 한 😀"), "é 한 😀");
  EXPECT_EQ(lossy_utf8("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(lossy_utf8("\xC3"), "\xEF\xBF\xBD");
  EXPECT_EQ(lossy_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate is not text
}

}  // namespace
}  // namespace deskhouse
