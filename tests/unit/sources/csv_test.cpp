#include "sources/csv.h"

#include <gmock/gmock.h>

#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;
using testing::Not;

class Csv : public testing::Test {
 protected:
  // Columns a, b, c of a file with this text, read with blocks of many sizes.
  std::vector<Read> read(const std::string& text, const std::vector<std::string>& columns = {"a", "b", "c"}) {
    folder_.write("t.csv", text);
    auto records = read_any_way(entity_, columns);
    EXPECT_TRUE(records.has_value()) << records.error().message;
    return records.value_or(std::vector<Read>());
  }
  std::string error(const std::string& text, const std::vector<std::string>& columns = {"a"}) {
    folder_.write("t.csv", text);
    const auto records = read_any_way(entity_, columns);
    return records ? "" : records.error().message;
  }
  static std::vector<Values> values(const std::vector<Read>& records) {
    std::vector<Values> all;
    for (const Read& record : records) {
      EXPECT_EQ(record.defect, "");
      all.push_back(record.values);
    }
    return all;
  }

  TempFolder folder_;
  config::EntityMapping entity_ = entity_of(folder_, "t.csv");
};

TEST_F(Csv, PlainRecords) {
  const auto records = read("a,b,c\n1,2,3\n4,5,6\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1], (Read{"t.csv", 2, 3, "4,5,6", {"4", "5", "6"}, "", ""}));
}

TEST_F(Csv, LastLineNeedsNoNewline) {
  EXPECT_EQ(values(read("a,b,c\n1,2,3")), (std::vector<Values>{{"1", "2", "3"}}));
  EXPECT_EQ(values(read("a,b,c\n1,2,")), (std::vector<Values>{{"1", "2", std::nullopt}}));
  EXPECT_EQ(values(read("a,b,c\r\n1,2,\"3\"")), (std::vector<Values>{{"1", "2", "3"}}));
}

TEST_F(Csv, CrLfIsNoPartOfTheRecord) {
  const auto records = read("a,b,c\r\n1,2,3\r\n4,\"5\",\"6\"\r\n7,8,\r\n");
  EXPECT_EQ(values(records), (std::vector<Values>{{"1", "2", "3"}, {"4", "5", "6"}, {"7", "8", std::nullopt}}));
  EXPECT_EQ(records[0].raw, "1,2,3");
  EXPECT_EQ(records[1].raw, "4,\"5\",\"6\"");
  EXPECT_EQ(records[2].raw, "7,8,");
}

TEST_F(Csv, LoneCarriageReturnIsText) {
  EXPECT_EQ(values(read("a,b,c\n1\r2,\"3\r4\",5\r6\n")), (std::vector<Values>{{"1\r2", "3\r4", "5\r6"}}));
}

TEST_F(Csv, QuotedFieldsHoldDelimitersNewlinesAndQuotes) {
  const auto records =
      read("a,b,c\n\"x,y\",\"one\ntwo\r\nthree\",\"say \"\"hi\"\"\"\n\"\"\"\",\"\",\"\"\"\"\"\"\n9,9,9\n");
  EXPECT_EQ(values(records),
            (std::vector<Values>{{"x,y", "one\ntwo\r\nthree", "say \"hi\""}, {"\"", "", "\"\""}, {"9", "9", "9"}}));
  EXPECT_EQ(records[0].raw, "\"x,y\",\"one\ntwo\r\nthree\",\"say \"\"hi\"\"\"");
  EXPECT_EQ(records[0].line, 2);
  EXPECT_EQ(records[1].line, 5) << "lines inside quotes count";
  EXPECT_EQ(records[2].line, 6);
  EXPECT_EQ(records[2].position, 3);
}

TEST_F(Csv, UnquotedEmptyIsNullQuotedEmptyIsText) {
  EXPECT_EQ(values(read("a,b,c\n,\"\",x\n\"\",,\n")),
            (std::vector<Values>{{std::nullopt, "", "x"}, {"", std::nullopt, std::nullopt}}));
}

TEST_F(Csv, QuoteInsideAnUnquotedFieldIsText) {
  EXPECT_EQ(values(read("a,b,c\n5\" pipe,x\"\"y,\"ok\"\n")), (std::vector<Values>{{"5\" pipe", "x\"\"y", "ok"}}));
}

TEST_F(Csv, ByteOrderMarkIsNoPartOfTheHeader) {
  EXPECT_EQ(values(read("\xEF\xBB\xBF"
                        "a,b,c\n1,2,3\n")),
            (std::vector<Values>{{"1", "2", "3"}}));
  EXPECT_EQ(values(read("\xEF\xBB\xBF\"a\",b,c\n1,2,3\n")), (std::vector<Values>{{"1", "2", "3"}}));
}

TEST_F(Csv, BlankLinesAreNoRecordsButLinesOfDelimitersAre) {
  const auto records = read("\n\r\na,b,c\n\n1,2,3\n\r\n,,\n\n");
  EXPECT_EQ(values(records), (std::vector<Values>{{"1", "2", "3"}, {std::nullopt, std::nullopt, std::nullopt}}));
  EXPECT_EQ(records[0].line, 5);
  EXPECT_EQ(records[1].line, 7);
  EXPECT_EQ(records[1].position, 2);
}

TEST_F(Csv, DeclaredDelimiterAndQuote) {
  entity_.delimiter = ';';
  entity_.quote = '\'';
  EXPECT_EQ(values(read("a;b;c\n'x;''y';\"1\";2,5\n")), (std::vector<Values>{{"x;'y", "\"1\"", "2,5"}}));
}

TEST_F(Csv, NoQuoting) {
  entity_.quote = '\0';
  entity_.delimiter = '|';
  EXPECT_EQ(values(read("a|b|c\n\"x|\"|\"\"\n")), (std::vector<Values>{{"\"x", "\"", "\"\""}}));
}

TEST_F(Csv, RaggedRecordsAreDefectsAndTheNextIsRead) {
  const auto records = read("a,b,c\n1,2\n1,2,3,4\n4,5,6\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].defect, "expected 3 fields, found 2");
  EXPECT_EQ(records[0].defect_field, "");
  EXPECT_EQ(records[0].values, (Values{"1", "2", std::nullopt}));
  EXPECT_EQ(records[1].defect, "expected 3 fields, found 4");
  EXPECT_EQ(records[1].raw, "1,2,3,4");
  EXPECT_EQ(records[2].defect, "");
}

TEST_F(Csv, HalfWrittenLastRecord) {
  auto records = read("a,b,c\n1,2,3\n4,5");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].defect, "half-written record? The file ends in it: expected 3 fields, found 2");
  EXPECT_EQ(records[1].raw, "4,5");
  records = read("a,b,c\n1,2,3\n4,\"x\ny\",\"5\nthe end");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].defect_field, "c");
  EXPECT_EQ(records[1].defect, "half-written record: quote opened at line 4 is never closed");
  EXPECT_EQ(records[1].raw, "4,\"x\ny\",\"5\nthe end");
  EXPECT_EQ(records[1].line, 3);
}

TEST_F(Csv, TextBehindAClosingQuoteCostsOneLine) {
  const auto records = read("a,b,c\n1,\"x\"y,3\n4,5,6\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].defect_field, "b");
  EXPECT_THAT(records[0].defect, HasSubstr("text behind the closing quote"));
  EXPECT_EQ(records[1].values, (Values{"4", "5", "6"}));
}

TEST_F(Csv, NulByteNamesItsField) {
  const auto records = read(std::string("a,b,c\n1,x\0y,3\n4,5,6\n", 20));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].defect_field, "b");
  EXPECT_EQ(records[0].defect, "contains a NUL byte");
  EXPECT_EQ(records[0].raw, std::string("1,x\0y,3", 7));
  EXPECT_EQ(records[1].defect, "");
}

TEST_F(Csv, InvalidUtf8NamesItsFieldAlsoWhenNobodyAskedForIt) {
  const auto records = read("a,b,c\n1,2,caf\xE9\n4,\xC0\x80,6\n7,한국어,9\n1,2,\xED\xA0\x80\n", {"a"});
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].defect_field, "c");
  EXPECT_THAT(records[0].defect, HasSubstr("not valid UTF-8"));
  EXPECT_EQ(records[1].defect_field, "b");
  EXPECT_EQ(records[2].defect, "");
  EXPECT_EQ(records[3].defect_field, "c") << "a surrogate";
}

TEST_F(Csv, RecordOverTheLimitIsCutAndTheNextLineIsRead) {
  entity_.max_record_bytes = 100;
  const std::string longest(96, 'x');  // with ",2,3" exactly the limit
  auto records = read("a,b,c\n" + longest + ",2,3\r\nx" + longest + ",2,3\n7,8,9\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].defect, "");
  EXPECT_THAT(records[1].defect, HasSubstr("longer than 100 bytes (max_record_bytes)"));
  EXPECT_EQ(records[1].raw, "x" + longest + ",2,");
  EXPECT_EQ(records[1].values, (Values{std::nullopt, std::nullopt, std::nullopt}));
  EXPECT_EQ(records[2], (Read{"t.csv", 3, 4, "7,8,9", {"7", "8", "9"}, "", ""}));
}

TEST_F(Csv, CutRecordsEndInAWholeCharacter) {
  entity_.max_record_bytes = 10;
  const auto records = read("a,b,c\n123456789한국,2,3\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].raw, "123456789");
}

TEST_F(Csv, StrayQuoteCostsOneRecordAndNotTheRestOfTheFile) {
  for (const std::int64_t limit : {60, 1 << 20}) {  // the quote is open beyond the limit, or at the file's end
    entity_.max_record_bytes = limit;
    std::string text = "a,b,c\n1,\"oops,3\r\n";
    for (int i = 0; i < 40; ++i) text += "4,5,6\r\n";
    const auto records = read(text);
    ASSERT_EQ(records.size(), 41u);
    EXPECT_THAT(records[0].defect, HasSubstr("never closed"));
    EXPECT_EQ(records[0].raw, "1,\"oops,3");
    EXPECT_EQ(records[1], (Read{"t.csv", 2, 3, "4,5,6", {"4", "5", "6"}, "", ""}));
    EXPECT_EQ(records[40].line, 42);
  }
}

TEST_F(Csv, HalfWrittenRecordAmongQuotedOnesCostsOneRecord) {
  // The open quote ends at the quote that opens the next field.
  const auto records = read("a,b,c\n1,2,3\n4,\"hal\n7,\"eight\",\"ni\nne\"\n1,2,3\n");
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[1].raw, "4,\"hal");
  EXPECT_EQ(records[1].defect_field, "b");
  EXPECT_THAT(records[1].defect, HasSubstr("reading goes on at line 4"));
  EXPECT_EQ(records[1].values, (Values{"4", std::nullopt, std::nullopt}));
  EXPECT_EQ(records[2], (Read{"t.csv", 3, 4, "7,\"eight\",\"ni\nne\"", {"7", "eight", "ni\nne"}, "", ""}));
  EXPECT_EQ(records[3].line, 6);
}

TEST_F(Csv, BrokenQuotesInATextOfSeveralLinesStayOneRecord) {
  const auto records = read("a,b,c\n1,\"first\nsecond \"said\" he\n\",3\n4,5,6\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].raw, "1,\"first\nsecond \"said\" he");
  EXPECT_EQ(records[2].values, (Values{"4", "5", "6"})) << "the line in between is one of its own, and broken";
}

TEST_F(Csv, HugeLineNeedsBoundedMemory) {
  // Streamed through gzip so that neither disk nor test holds it: 200 MB on one line.
  std::string bytes = gzip("a,b,c\n1,2,");
  const std::string member = gzip(std::string(10'000'000, 'x'));
  for (int i = 0; i < 20; ++i) bytes += member;
  bytes += gzip("\n4,5,6\n");
  folder_.write("huge.csv.gz", bytes);
  entity_.path = "huge.csv.gz";
  entity_.max_record_bytes = 1 << 20;
  const auto records = read_entity(entity_, {"a"});
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].raw.size(), kCutRecordBytes);
  EXPECT_THAT((*records)[0].defect, HasSubstr("max_record_bytes"));
  EXPECT_EQ((*records)[1].line, 3);
  EXPECT_EQ((*records)[1].values, Values{"4"});
}

TEST_F(Csv, ManyFieldsDoNotGrowMemory) {
  const auto records = read("a,b,c\n" + std::string(5000, ',') + "\n1,2,3\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].defect, "expected 3 fields, found 5001");
}

TEST_F(Csv, HeaderErrors) {
  EXPECT_THAT(error(""), HasSubstr("t.csv is empty"));
  EXPECT_THAT(error("\n\n"), HasSubstr("t.csv is empty"));
  EXPECT_THAT(error("a,b,a\n1,2,3\n"), HasSubstr("t.csv line 1: the column 'a' occurs twice"));
  EXPECT_THAT(error("\na,\"b\n1,2,3\n"), HasSubstr("t.csv line 2: a quote in the header is not closed"));
  EXPECT_THAT(error("a,b\r1,2\r3,4\r"), HasSubstr("end in CR alone"));
  EXPECT_THAT(error("a,caf\xE9\n1,2\n"), HasSubstr("is not valid UTF-8"));
  EXPECT_THAT(error(std::string("\xFF\xFE"
                                "a\0,\0b\0\n\0",
                                10)),
              HasSubstr("encoding = \"utf-16\""));
}

TEST_F(Csv, MissingColumnNamesMappingFileAndNearest) {
  config::FieldMapping field;
  field.column = "Ticket Id";
  field.line = 12;
  entity_.fields.push_back(field);
  const std::string message = error("Ticket ID,Subject\n1,2\n", {"Subject", "Ticket Id"});
  EXPECT_THAT(message, HasSubstr("deskhouse.toml line 12: desk.tickets names the column 'Ticket Id', which t.csv"));
  EXPECT_THAT(message, HasSubstr("did you mean 'Ticket ID'?"));
  EXPECT_THAT(message, HasSubstr("(there are: Ticket ID, Subject)"));
}

TEST_F(Csv, SeveralUnnamedColumnsAreAllowed) {
  EXPECT_EQ(values(read("a,,\n1,2,3\n", {"a"})), (std::vector<Values>{{"1"}}));
  const auto reader = files_source()->open(entity_, {"a"}, {});
  EXPECT_TRUE((*reader)->unmapped_columns().empty());
}

TEST_F(Csv, TabsInATsv) {
  folder_.write("t.tsv", "a\tb\n1,5\t\"x\ty\"\n");
  entity_.path = "t.tsv";
  EXPECT_EQ(values(read_any_way(entity_, {"a", "b"}).value()), (std::vector<Values>{{"1,5", "x\ty"}}));
}

TEST_F(Csv, DeclaredEncodings) {
  entity_.encoding = "latin-1";
  EXPECT_EQ(values(read("a,b,c\ncaf\xE9,\"na\xEF\nve\",\n")), (std::vector<Values>{{"café", "naï\nve", std::nullopt}}));
  entity_.encoding = "cp949";
  EXPECT_EQ(values(read("a,b,c\n\xC7\xC1\xB8\xB0\xC5\xCD,\"\xC7\xD1\",x\n")),
            (std::vector<Values>{{"프린터", "한", "x"}}));
  entity_.encoding = "utf-16";
  EXPECT_EQ(values(read(std::string("\xFF\xFE"
                                    "a\0,\0b\0,\0c\0\n\0001\0,\0\x5C\xD5,\0003\0\n\0",
                                    26))),
            (std::vector<Values>{{"1", "한", "3"}}));
}

TEST_F(Csv, UndecodableBytesAreDefects) {
  entity_.encoding = "cp1252";
  auto records = read(
      "a,b,c\n1,x\x81,3\n\x80"
      "5,5,6\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].defect_field, "b");
  EXPECT_EQ(records[0].defect, "has a byte 81 that is not cp1252");
  EXPECT_EQ(records[1].values, (Values{"€5", "5", "6"}));
  entity_.encoding = "cp949";
  records = read("a,b,c\n1,2,\xC7");  // half a character at the end
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].defect_field, "c");
}

TEST_F(Csv, UnknownEncodingIsAnError) {
  entity_.encoding = "klingon-7";
  EXPECT_THAT(error("a\n1\n"), HasSubstr("encoding 'klingon-7' is not known"));
}

}  // namespace
}  // namespace deskhouse::sources
