#include "app/output.h"

#include <gtest/gtest.h>

#include "app/sections.h"

namespace deskhouse::app {
namespace {

warehouse::Rows rows_of(const std::string& sql) {
  auto database =
      warehouse::Database::open({.path = ":memory:", .memory_limit = "128MB", .threads = 1, .read_only = false});
  EXPECT_TRUE(database) << database.error().message;
  auto connection = (*database)->connect();
  auto rows = connection->query(sql);
  EXPECT_TRUE(rows) << rows.error().message;
  return *std::move(rows);
}

std::string rendered(const std::string& sql, Form form) {
  std::string text;
  render_rows(rows_of(sql), form, [&](std::string_view part) { text += part; });
  return text;
}

TEST(Output, JsonKeepsNumbersBareAndTextsQuoted) {
  EXPECT_EQ(
      rendered(
          "select 1 as a, 2.50::decimal(18,4) as b, 'x\"y' as c, null::bigint as d, true as e, date '2024-03-05' as f",
          Form::json),
      "[{\"a\":1,\"b\":2.5000,\"c\":\"x\\\"y\",\"d\":null,\"e\":true,\"f\":\"2024-03-05\"}]\n");
}

TEST(Output, JsonQuotesWhatIsNoJsonNumber) {
  EXPECT_EQ(rendered("select 'nan'::double as a, 'infinity'::double as b, -1.5e-7 as c", Form::json),
            "[{\"a\":\"nan\",\"b\":\"inf\",\"c\":-1.5e-07}]\n");
}

TEST(Output, JsonOfNothingIsAnEmptyArray) {
  EXPECT_EQ(rendered("select 1 as a where false", Form::json), "[]\n");
}

TEST(Output, JsonHasOneObjectARow) {
  EXPECT_EQ(rendered("from range(3) t(n) order by n", Form::json), "[{\"n\":0},\n {\"n\":1},\n {\"n\":2}]\n");
}

TEST(Output, CsvTellsNullFromEmptyText) {
  EXPECT_EQ(rendered("select null::varchar as a, '' as b, 'c' as c", Form::csv), "a,b,c\n,\"\",c\n");
}

TEST(Output, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(rendered("select 'a,b' as \"x,y\", 'say \"hi\"' as q, E'two\\nlines' as l", Form::csv),
            "\"x,y\",q,l\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\n");
}

TEST(Output, LargeResultsComeInPieces) {
  std::size_t pieces = 0, bytes = 0;
  render_rows(rows_of("select repeat('x', 1000) as t from range(3000)"), Form::csv, [&](std::string_view part) {
    ++pieces;
    bytes += part.size();
    EXPECT_LT(part.size(), std::size_t{2} << 20);
  });
  EXPECT_EQ(bytes, 2 + 3000 * 1001u);
  EXPECT_GE(pieces, 2u);
}

TEST(Output, TableAlignsNumbersRightAndTextsLeft) {
  EXPECT_EQ(rendered("select * from (values ('a', 5), ('long', 1234)) t(name, n)", Form::table),
            "name     n\n----  ----\na        5\nlong  1234\n");
}

TEST(Output, TableCountsWideCharactersTwice) {
  EXPECT_EQ(rendered("select '티켓' as a, 'x' as b", Form::table), "a     b\n----  -\n티켓  x\n");
}

TEST(Output, ControlCharactersNeverReachTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mred\x07\tb\nc\x7f"), "a[31mred b c");
  EXPECT_EQ(rendered("select 'a' || chr(27) || '[2J' as x", Form::table), "x\n----\na[2J\n");
}

TEST(Output, BrokenTextBecomesValid) {
  EXPECT_EQ(printable("a\xffz"), "a\xef\xbf\xbdz");
}

TEST(Output, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

TEST(Output, BytesAreReadable) {
  EXPECT_EQ(human_bytes(512), "512 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(3.0 * 1024 * 1024 * 1024), "3.00 GiB");
}

TEST(Output, TextTableAsJson) {
  EXPECT_EQ(json_of(TextTable{{"a", "n"}, {false, true}, {{"x", "12"}, {"y", ""}, {"z", "1,234"}}}),
            "[{\"a\":\"x\",\"n\":12},\n {\"a\":\"y\",\"n\":null},\n {\"a\":\"z\",\"n\":\"1,234\"}]");
}

TEST(Sections, AreOneJsonObject) {
  Sections sections;
  sections.value("n", "1");
  sections.note("for people");
  sections.table("rows", "Title", TextTable{{"a"}, {false}, {{"x"}}});
  sections.table("none", "Nothing", TextTable{{"a"}, {false}, {}}, "there is none");
  testing::internal::CaptureStdout();
  sections.print(true);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\"n\": 1,\n \"rows\": [{\"a\":\"x\"}],\n \"none\": []}\n");
}

TEST(Sections, AreTablesWithHeadingsForPeople) {
  Sections sections;
  sections.note("for people");
  sections.table("rows", "Title", TextTable{{"a"}, {false}, {{"x"}}});
  sections.table("none", "Nothing", TextTable{{"a"}, {false}, {}}, "there is none");
  sections.table("hidden", "Hidden", TextTable{{"a"}, {false}, {}});
  testing::internal::CaptureStdout();
  sections.print(false);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "for people\n\nTitle\na\n-\nx\n\nthere is none\n");
}

}  // namespace
}  // namespace deskhouse::app
