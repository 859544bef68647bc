// What every source must do, whatever it reads from. A new source adds a SourceFixture and one line to the
// INSTANTIATE_TEST_SUITE_P of tests/unit/sources/conformance_test.cpp, the only file that includes this one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "sources/source.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {

// Columns and rows; nullopt is NULL. Values are text that any source can hold: UTF-8 without NUL.
struct Dataset {
  std::vector<std::string> columns;
  std::vector<Values> rows;
};

// Puts datasets where the source finds them.
class SourceFixture {
 public:
  virtual ~SourceFixture() = default;
  // Replaces what was there before. The source gives the rows in this order.
  virtual void store(const Dataset& data) = 0;
  // Takes the input away: the file, the table, the server.
  virtual void remove() = 0;
  virtual Source& source() = 0;
  virtual config::EntityMapping& entity() = 0;
};

struct SourceUnderTest {
  std::string name;  // letters, digits and _
  std::function<std::unique_ptr<SourceFixture>()> make;
};
inline void PrintTo(const SourceUnderTest& source, std::ostream* out) {
  *out << source.name;
}

class SourceConformance : public testing::TestWithParam<SourceUnderTest> {
 protected:
  SourceConformance() : fixture_(GetParam().make()) {}

  static Dataset numbered(std::size_t rows) {
    Dataset data{{"id", "subject", "status"}, {}};
    for (std::size_t i = 1; i <= rows; ++i) {
      const std::string n = std::to_string(i);
      data.rows.push_back({"T" + n, "Subject " + n, i % 3 == 0 ? std::nullopt : std::optional<std::string>("Open")});
    }
    return data;
  }
  std::unique_ptr<Reader> open(const std::vector<std::string>& columns) {
    auto reader = fixture_->source().open(fixture_->entity(), columns, {});
    EXPECT_TRUE(reader.has_value()) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  std::vector<Read> read(const std::vector<std::string>& columns, std::size_t batch_size = 1000) {
    const auto reader = open(columns);
    if (!reader) return {};
    auto all = read_all(*reader, batch_size);
    EXPECT_TRUE(all.has_value()) << all.error().message;
    return all ? *all : std::vector<Read>();
  }
  // The error of opening or reading, whichever it is.
  std::string error(const std::vector<std::string>& columns) {
    auto reader = fixture_->source().open(fixture_->entity(), columns, {});
    if (!reader) return reader.error().message;
    auto all = read_all(**reader, 10);
    if (all) return "";
    RawBatch batch;
    EXPECT_FALSE((*reader)->next(batch, 10).has_value()) << "an error ends the reader";
    return all.error().message;
  }
  static std::vector<Values> values(const std::vector<Read>& records) {
    std::vector<Values> result;
    for (const Read& record : records) {
      EXPECT_EQ(record.defect, "");
      result.push_back(record.values);
    }
    return result;
  }
  void round_trip(const Dataset& data) {
    fixture_->store(data);
    EXPECT_EQ(values(read(data.columns)), data.rows);
  }

  std::unique_ptr<SourceFixture> fixture_;
};

TEST_P(SourceConformance, GivesAllRowsInOrder) {
  round_trip(numbered(100));
}

TEST_P(SourceConformance, PositionsCountFromOneWithinEachFile) {
  fixture_->store(numbered(50));
  const auto reader = open({"id"});
  ASSERT_TRUE(reader);
  RawBatch batch;
  std::int32_t file = -1;
  std::int64_t last = 0, records = 0;
  for (auto more = reader->next(batch, 7); more.value(); more = reader->next(batch, 7)) {
    ASSERT_GE(batch.file_index, file);
    if (batch.file_index > file) last = 0;
    file = batch.file_index;
    EXPECT_FALSE(batch.file.empty());
    for (const RawRecord& record : batch.records) {
      EXPECT_EQ(record.position, ++last);
      EXPECT_GE(record.line, 1);
      ++records;
    }
  }
  EXPECT_EQ(records, 50);
}

TEST_P(SourceConformance, HeaderIsKnownFromOpenOn) {
  fixture_->store(numbered(3));
  const auto reader = open({"id"});
  const std::string before = reader->header(0);
  EXPECT_EQ(reader->header(), before);
  ASSERT_TRUE(read_all(*reader, 10).has_value());
  EXPECT_EQ(reader->header(0), before);
}

TEST_P(SourceConformance, ReadingTwiceGivesTheSame) {
  fixture_->store(numbered(40));
  const auto first = read({"id", "status"});
  EXPECT_EQ(first.size(), 40u);
  EXPECT_EQ(read({"id", "status"}), first);
}

TEST_P(SourceConformance, BatchSizeDoesNotChangeRecords) {
  fixture_->store(numbered(61));
  const auto expected = read({"id", "subject", "status"}, 1000);
  ASSERT_EQ(expected.size(), 61u);
  for (const std::size_t size : {1, 2, 7, 60, 61, 62}) EXPECT_EQ(read({"id", "subject", "status"}, size), expected);
}

TEST_P(SourceConformance, ColumnsAreThoseAskedForInThatOrder) {
  fixture_->store(numbered(5));
  const std::vector<std::string> wanted{"status", "id", "status"};
  EXPECT_EQ(open(wanted)->columns(), wanted);
  const auto records = read(wanted);
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[3].values, (Values{"Open", "T4", "Open"}));
  EXPECT_EQ(records[2].values, (Values{std::nullopt, "T3", std::nullopt}));
}

TEST_P(SourceConformance, RecordsCountWithoutColumns) {
  fixture_->store(numbered(12));
  EXPECT_EQ(read({}).size(), 12u);
}

TEST_P(SourceConformance, NullIsNotEmptyText) {
  round_trip({{"id", "a", "b"}, {{"1", "", std::nullopt}, {"2", std::nullopt, ""}, {"3", std::nullopt, std::nullopt}}});
}

TEST_P(SourceConformance, KeepsEveryCharacter) {
  round_trip({{"id", "text"},
              {{"1", "프린터가 고장났습니다"},
               {"2", "Zürich naïve €"},
               {"3", "emoji 🛠️ and 𝒳"},
               {"4", "comma, \"quote\", 'single', back\\slash, {brace} [bracket]"},
               {"5", "two\nlines\r\nand\ttab"},
               {"6", "  spaces around  "},
               {"7", "null"},
               {"8", "\""},
               {"9", "\n"}}});
}

TEST_P(SourceConformance, KeepsVeryLongValues) {
  round_trip({{"id", "text"}, {{"1", std::string(1 << 20, 'x')}, {"2", "short"}, {"3", std::string(300'000, ',')}}});
}

TEST_P(SourceConformance, UnknownColumnIsAnErrorWithTheNearestName) {
  fixture_->store(numbered(3));
  const std::string message = error({"id", "subjekt"});
  EXPECT_NE(message.find("'subjekt'"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'subject'"), std::string::npos) << message;
  EXPECT_NE(message.find("tickets"), std::string::npos) << message;
}

TEST_P(SourceConformance, OptionalColumnMayBeAbsent) {
  fixture_->store(numbered(2));
  config::FieldMapping field;
  field.field = "channel";
  field.column = "channel";
  field.optional = true;
  fixture_->entity().fields.push_back(field);
  EXPECT_EQ(values(read({"channel", "id"})), (std::vector<Values>{{std::nullopt, "T1"}, {std::nullopt, "T2"}}));
}

TEST_P(SourceConformance, ReportsColumnsThatNobodyAskedFor) {
  fixture_->store(numbered(30));
  const auto reader = open({"subject"});
  ASSERT_TRUE(read_all(*reader, 4).has_value());
  std::vector<std::string> unmapped = reader->unmapped_columns();
  std::ranges::sort(unmapped);
  EXPECT_EQ(unmapped, (std::vector<std::string>{"id", "status"}));
}

// What a sweep believes to be all records that exist.
TEST_P(SourceConformance, ListsTheKeysOfEveryRecord) {
  fixture_->store(numbered(120));
  read({"id", "subject"});  // a sweep comes after the rows
  const auto keys = fixture_->source().open_keys(fixture_->entity(), {"id"});
  ASSERT_TRUE(keys.has_value()) << keys.error().message;
  const auto listed = read_all(**keys, 50);
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  ASSERT_EQ(listed->size(), 120u);
  std::set<std::string> ids;
  for (const Read& record : *listed) {
    EXPECT_EQ(record.defect, "");
    ids.insert(record.values.at(0).value_or("NULL"));
  }
  EXPECT_EQ(ids.size(), 120u);
  EXPECT_TRUE(ids.contains("T1") && ids.contains("T120"));
}

TEST_P(SourceConformance, TellsItsColumnsBeforeOrAfterReading) {
  fixture_->store(numbered(30));
  const auto before = fixture_->source().columns(fixture_->entity());
  ASSERT_TRUE(before.has_value()) << before.error().message;
  const auto reader = open({"subject"});
  ASSERT_TRUE(read_all(*reader, 4).has_value());
  const auto after = reader->columns_seen();
  ASSERT_NE(before->has_value(), after.has_value()) << "one of the two";
  std::set<std::string> names;
  for (const auto& column : *before ? **before : *after) {
    EXPECT_TRUE(column.in_all) << column.name;
    names.insert(column.name);
  }
  EXPECT_EQ(names, (std::set<std::string>{"id", "status", "subject"}));
}

TEST_P(SourceConformance, EmptyInputHasNoRecords) {
  fixture_->store({{"id", "subject"}, {}});
  const auto reader = open({"id"});
  RawBatch batch;
  EXPECT_FALSE(reader->next(batch, 10).value());
  EXPECT_FALSE(reader->next(batch, 10).value()) << "the end stays the end";
}

TEST_P(SourceConformance, ProgressGrowsToItsTotal) {
  fixture_->store(numbered(200));
  const auto reader = open({"id"});
  RawBatch batch;
  std::int64_t last = 0;
  for (bool more = true; more;) {
    more = reader->next(batch, 9).value();
    const Progress progress = reader->progress();
    EXPECT_GE(progress.bytes_done, last);
    last = progress.bytes_done;
    if (progress.bytes_total > 0) {
      EXPECT_LE(last, progress.bytes_total);
    }
  }
  if (reader->progress().bytes_total > 0) {
    EXPECT_EQ(last, reader->progress().bytes_total);
  }
}

// Under the sanitizers also: nothing leaks.
TEST_P(SourceConformance, BatchesOutliveAReaderThatIsDestroyedMidway) {
  fixture_->store(numbered(100));
  std::vector<RawBatch> batches;
  {
    const auto reader = open({"id", "subject", "status"});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader->next(batches.emplace_back(), 10).value());
  }
  std::vector<Read> records;
  for (const RawBatch& batch : batches) append_records(batch, 3, records);
  ASSERT_GE(records.size(), 3u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].values[1], "Subject " + std::to_string(i + 1));
    EXPECT_FALSE(records[i].raw.empty());
  }
}

TEST_P(SourceConformance, ABatchIsClearedBeforeItIsFilled) {
  fixture_->store(numbered(4));
  const auto reader = open({"id"});
  RawBatch batch;
  batch.records.resize(5);
  batch.fields.resize(9);
  batch.defects.push_back({"x", "y"});
  ASSERT_TRUE(reader->next(batch, 1).value());
  EXPECT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.fields.size(), 1u);
  EXPECT_TRUE(batch.defects.empty());
}

TEST_P(SourceConformance, MissingInputIsAnError) {
  fixture_->store(numbered(4));
  fixture_->remove();
  const std::string message = error({"id"});
  EXPECT_NE(message, "");
  EXPECT_NE(message.find("tickets"), std::string::npos) << message;
}

}  // namespace deskhouse::sources
