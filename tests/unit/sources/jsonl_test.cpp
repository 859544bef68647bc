#include "sources/jsonl.h"

#include <gmock/gmock.h>

#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;

class Jsonl : public testing::Test {
 protected:
  std::vector<Read> read(const std::string& text, const std::vector<std::string>& columns) {
    folder_.write("t.jsonl", text);
    auto records = read_any_way(entity_, columns);
    EXPECT_TRUE(records.has_value()) << records.error().message;
    return records.value_or(std::vector<Read>());
  }
  // The values of one line.
  Values one(const std::string& line, const std::vector<std::string>& columns) {
    const auto records = read(line + "\n", columns);
    EXPECT_EQ(records.size(), 1u);
    EXPECT_EQ(records.empty() ? "no record" : records[0].defect, "");
    return records.empty() ? Values() : records[0].values;
  }
  std::string defect(const std::string& line) {
    const auto records = read("{\"a\":0}\n" + line + "\n{\"a\":1}\n", {"a"});
    EXPECT_EQ(records.size(), 3u);
    if (records.size() != 3) return "";
    EXPECT_EQ(records[1].raw, line);
    EXPECT_EQ(records[2].values, Values{"1"}) << "the next line is read";
    return records[1].defect;
  }

  TempFolder folder_;
  config::EntityMapping entity_ = entity_of(folder_, "t.jsonl");
};

TEST_F(Jsonl, AnElementOfAListIsNamedByItsPlace) {
  const std::string line = R"({"ids":[7,"x"],"a":[{"b":[{"c":"deep"}]}],"none":[],"not":{"0":"key"}})";
  EXPECT_EQ(one(line, {"ids.0", "ids.1", "ids", "a.0.b.0.c", "not.0"}), (Values{"7", "x", "[7,\"x\"]", "deep", "key"}));
}

TEST_F(Jsonl, ScalarsAreTheirSourceText) {
  EXPECT_EQ(
      one(R"({"i": 12 ,"d":1.10,"e":-2E+5,"t":true,"f": false,"n":null,"s":"x"})", {"i", "d", "e", "t", "f", "n", "s"}),
      (Values{"12", "1.10", "-2E+5", "true", "false", std::nullopt, "x"}));
  EXPECT_EQ(one(R"({"big":123456789012345678901234567890,"tiny":1e-999})", {"big", "tiny"}),
            (Values{"123456789012345678901234567890", "1e-999"}));
}

TEST_F(Jsonl, TextIsUnescaped) {
  EXPECT_EQ(one(R"({"a":"line\nbreak \"q\" \\ \/ \u00e9 \ud83d\ude00","b":"","c":"한국"})", {"a", "b", "c"}),
            (Values{"line\nbreak \"q\" \\ / é 😀", "", "한국"}));
  EXPECT_EQ(one(R"({"k\u0065y":"v"})", {"key"}), (Values{"v"}));
}

TEST_F(Jsonl, NestedValuesAreTheirJson) {
  EXPECT_EQ(one(R"({"tags": ["a", {"b":1}] , "o": {"x": [1, 2]}, "e":{}, "l":[]})", {"tags", "o", "e", "l"}),
            (Values{R"(["a", {"b":1}])", R"({"x": [1, 2]})", "{}", "[]"}));
}

TEST_F(Jsonl, PathsLeadIntoObjects) {
  EXPECT_EQ(one(R"({"stats":{"resolved_at":"r","deep":{"x":1}},"id":5})",
                {"stats.resolved_at", "id", "stats.deep.x", "stats.deep", "stats"}),
            (Values{"r", "5", "1", R"({"x":1})", R"({"resolved_at":"r","deep":{"x":1}})"}));
  entity_.fields.emplace_back().column = "stats.x";
  entity_.fields.back().optional = true;
  EXPECT_EQ(one(R"({"stats":"text"})", {"stats.x", "stats"}), (Values{std::nullopt, "text"}));
}

TEST_F(Jsonl, AKeyWithDotsGoesFirstWhateverTheOrder) {
  EXPECT_EQ(one(R"({"a.b":"literal","a":{"b":"nested"}})", {"a.b"}), (Values{"literal"}));
  EXPECT_EQ(one(R"({"a":{"b":"nested"},"a.b":"literal"})", {"a.b"}), (Values{"literal"}));
  EXPECT_EQ(one(R"({"a":{"b.c":"inner"}})", {"a.b.c"}), (Values{"inner"}));
}

TEST_F(Jsonl, TheLastOfEqualKeysCounts) {
  EXPECT_EQ(one(R"({"a":1,"a":2})", {"a"}), (Values{"2"}));
}

TEST_F(Jsonl, AbsentKeyIsNull) {
  const auto records = read("{\"a\":1}\n{\"b\":2}\n", {"a", "b"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].values, (Values{"1", std::nullopt}));
  EXPECT_EQ(records[1].values, (Values{std::nullopt, "2"}));
}

TEST_F(Jsonl, LinesAndPositions) {
  const auto records = read("\xEF\xBB\xBF{\"a\":1}\r\n\n  \t\r\n{\"a\":2}\n{\"a\":3}", {"a"});
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0], (Read{"t.jsonl", 1, 1, "{\"a\":1}", {"1"}, "", ""}));
  EXPECT_EQ(records[1], (Read{"t.jsonl", 2, 4, "{\"a\":2}", {"2"}, "", ""}));
  EXPECT_EQ(records[2], (Read{"t.jsonl", 3, 5, "{\"a\":3}", {"3"}, "", ""}));
}

TEST_F(Jsonl, InvalidJsonSaysWhy) {
  for (const char* line : {R"({"a":})",
                           R"({"a":1,})",
                           R"({"a":1)",
                           R"({"a":tru})",
                           R"({"a":nul})",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":+1})",
                           R"({"a":"x\q"})",
                           R"({"a":1 "b":2})",
                           R"({a:1})",
                           R"({"a"})",
                           R"({"a":1}})",
                           R"({"a":1} {"b":2})",
                           R"({"a":[1,})",
                           R"({"a":[1 2]})",
                           R"({"z":{"y":[tru]}})",
                           R"({"z":"\u12"})",
                           "{\"a\":\"tab\there\"}",
                           "{",
                           "}"}) {
    EXPECT_THAT(defect(line), HasSubstr("JSON")) << line;
  }
}

TEST_F(Jsonl, OnlyObjectsAreRecords) {
  for (const char* line : {"[1,2]", "12", "\"text\"", "null", "true", "[{\"a\":1},"}) {
    EXPECT_THAT(defect(line), HasSubstr("JSON")) << line;
  }
  EXPECT_EQ(defect("[{\"a\":1}]"), "not a JSON object; JSON Lines have one object on each line");
}

TEST_F(Jsonl, HalfWrittenLastLine) {
  const auto records = read("{\"a\":1}\n{\"a\":\"unfini", {"a"});
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[1].defect, HasSubstr("half-written record? The file ends in it: invalid JSON"));
  EXPECT_EQ(records[1].raw, "{\"a\":\"unfini");
}

TEST_F(Jsonl, InvalidUtf8AndNul) {
  EXPECT_THAT(defect("{\"a\":\"caf\xE9\"}"), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(defect(std::string("{\"a\":\"x\0y\"}", 11)), HasSubstr("NUL"));
  const auto records = read("{\"a\":\"x\\u0000y\",\"b\":1}\n", {"b", "a"});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].defect_field, "a");
  EXPECT_THAT(records[0].defect, HasSubstr("NUL"));
}

TEST_F(Jsonl, DeepNestingIsADefectAndNoCrash) {
  EXPECT_THAT(defect("{\"a\":" + std::string(3000, '[') + std::string(3000, ']') + "}"), HasSubstr("JSON"));
  std::string objects;
  for (int i = 0; i < 3000; ++i) objects += "{\"a\":";
  EXPECT_THAT(defect(objects + "1" + std::string(3000, '}')), HasSubstr("JSON"));
}

TEST_F(Jsonl, LineOverTheLimitIsCutAndTheNextIsRead) {
  entity_.max_record_bytes = 50;
  const std::string fits = "{\"a\":\"" + std::string(42, 'x') + "\"}";  // exactly 50
  const std::string over = "{\"a\":\"" + std::string(43, 'x') + "\"}";
  const auto records = read(fits + "\r\n" + over + "\n{\"a\":2}\n", {"a"});
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].defect, "");
  EXPECT_THAT(records[1].defect, HasSubstr("longer than 50 bytes"));
  EXPECT_EQ(records[1].raw, over.substr(0, 50));
  EXPECT_EQ(records[2].values, Values{"2"});
  EXPECT_EQ(records[2].line, 3);
}

TEST_F(Jsonl, ReportsUnmappedKeysOnce) {
  folder_.write("t.jsonl",
                "{\"a\":1,\"x\":{\"in\":1}}\n{\"y\":2,\"a\":1}\n{\"x\":3,\"y\":3,\"s\":{\"t\":1,\"u\":2}}\n");
  const auto reader = files_source()->open(entity_, {"a", "s.t"}, {}).value();
  ASSERT_TRUE(read_all(*reader, 2).has_value());
  EXPECT_EQ(reader->unmapped_columns(), (std::vector<std::string>{"x", "y"}));
}

TEST_F(Jsonl, KeysThatAreDataDoNotGrowMemory) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "{\"a\":1,\"key" + std::to_string(i) + "\":2}\n";
  folder_.write("t.jsonl", text);
  const auto reader = files_source()->open(entity_, {"a"}, {}).value();
  EXPECT_EQ(read_all(*reader, 1000).value().size(), 3000u);
  EXPECT_EQ(reader->unmapped_columns().size(), 1000u);
}

TEST_F(Jsonl, DeclaredEncoding) {
  entity_.encoding = "latin-1";
  EXPECT_EQ(one("{\"a\":\"caf\xE9\"}", {"a"}), (Values{"café"}));
}

}  // namespace
}  // namespace deskhouse::sources
