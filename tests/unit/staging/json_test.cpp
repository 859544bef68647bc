#include "staging/json.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "base/json_text.h"

namespace deskhouse::staging {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(AppendJsonString, EscapesWhatHasToBe) {
  EXPECT_EQ(json_of("plain \xED\x95\x9C"), "\"plain \xED\x95\x9C\"");
  EXPECT_EQ(json_of("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(json_of(std::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
}

TEST(JsonChecker, AcceptsDocumentsAndNamesFaults) {
  JsonChecker checker;
  for (const auto* text : {"{}", "[1,2.5,\"x\",null]", " {\"a\":{\"b\":true}} ", "5", "\"text\""})
    EXPECT_EQ(checker.fault(text), "") << text;
  for (const auto* text : {"", "{", "{'a':1}", "{\"a\":1}x", "nul", "\"\xFF\""})
    EXPECT_NE(checker.fault(text), "") << text;
  EXPECT_EQ(checker.fault("{\"a\":1}"), "") << "a fault leaves no trace";
}

RC_GTEST_PROP(JsonProperty, EveryQuotedTextIsJson, (const std::string& any)) {
  JsonChecker checker;
  const auto text = lossy_utf8(any);
  RC_ASSERT(checker.fault("{" + json_of(text) + ":" + json_of(text) + "}").empty());
}

}  // namespace
}  // namespace deskhouse::staging
