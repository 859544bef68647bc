// CSV against two oracles: what was written is what is read, and any bytes at all are cut into records
// exactly as a slow reader that takes one character at a time does it.
#include <random>

#include "sources/csv.h"
#include "sources/csv_tokenizer.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

std::string random_text(std::mt19937& random, const std::vector<std::string>& alphabet, std::size_t max_length) {
  std::string text;
  for (std::size_t n = random() % (max_length + 1); n > 0; --n) text += alphabet[random() % alphabet.size()];
  return text;
}

std::string write_field(std::mt19937& random, const std::optional<std::string>& value) {
  if (!value) return "";
  const bool must = value->empty() || value->find_first_of(",\"\r\n") != std::string::npos;
  if (!must && random() % 3 != 0) return *value;
  std::string quoted = "\"";
  for (const char c : *value) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

TEST(CsvProperty, WhatWasWrittenIsRead) {
  const std::vector<std::string> alphabet{"a", "bc", ",", "\"", "\n", "\r\n", "\r", " ", "é", "한글", "0", "😀"};
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::size_t columns = random() % 5 + 2;
    const std::string newline = random() % 2 ? "\n" : "\r\n";
    std::vector<std::string> names;
    std::string text = random() % 4 ? "" : "\xEF\xBB\xBF";
    for (std::size_t i = 0; i < columns; ++i) {
      names.push_back("c" + std::to_string(i));
      text += (i ? "," : "") + names.back();
    }
    std::vector<Values> rows(random() % 40);
    for (Values& row : rows) {
      text += newline;
      for (std::size_t i = 0; i < columns; ++i) {
        row.push_back(random() % 5 ? std::optional(random_text(random, alphabet, 30)) : std::nullopt);
        text += (i ? "," : "") + write_field(random, row.back());
      }
    }
    if (random() % 2) text += newline;
    TempFolder folder;
    folder.write("t.csv", text);
    const auto records = read_entity(entity_of(folder, "t.csv"), names, random() % 200 + 1, random() % 10 + 1);
    ASSERT_TRUE(records.has_value()) << records.error().message;
    ASSERT_EQ(records->size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ((*records)[i].defect, "");
      ASSERT_EQ((*records)[i].values, rows[i]);
    }
  }
}

// One record by the rules at the top of csv_tokenizer.h, a character at a time.
struct NaiveRecord {
  std::size_t end = 0, next = 0, fields = 0;
  std::int64_t newlines = 0;
  std::vector<CsvField> kept;
  std::ptrdiff_t text_after_quote = -1;
  std::int64_t open_quote_newlines = -1;
};

NaiveRecord naive_record(const std::string& text, std::size_t at) {
  NaiveRecord record;
  const auto record_ends = [&](std::size_t i) {
    return i >= text.size() || text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n'));
  };
  for (;; ++at) {
    CsvField field{at, at, false, false};
    if (at < text.size() && text[at] == '"') {
      field = {at + 1, text.size(), true, false};
      const std::int64_t newlines = record.newlines;
      for (++at; at < text.size(); ++at) {
        if (text[at] == '\n') ++record.newlines;
        if (text[at] != '"') continue;
        if (at + 1 == text.size() || text[at + 1] != '"') break;
        field.doubled = true;
        ++at;
      }
      if (at < text.size())
        field.end = at++;
      else
        record.open_quote_newlines = newlines;
      if (!record_ends(at) && text[at] != ',') {
        if (record.text_after_quote < 0) record.text_after_quote = static_cast<std::ptrdiff_t>(record.fields);
        while (!record_ends(at) && text[at] != ',') ++at;
      }
    } else {
      while (!record_ends(at) && text[at] != ',') ++at;
      field.end = at;
    }
    record.kept.push_back(field);
    ++record.fields;
    if (record_ends(at)) break;
  }
  record.end = at;
  if (at < text.size() && text[at] == '\r') ++at;
  if (at < text.size()) {
    if (text[at] == '\n') ++record.newlines;
    ++at;
  }
  record.next = at;
  return record;
}

void expect_same(const CsvRecord& got, const CsvTokenizer& tokenizer, const NaiveRecord& expected) {
  EXPECT_EQ(got.end, expected.end);
  EXPECT_EQ(got.next, expected.next);
  EXPECT_EQ(got.fields, expected.fields);
  EXPECT_EQ(got.text_after_quote, expected.text_after_quote);
  EXPECT_EQ(got.open_quote_newlines, expected.open_quote_newlines);
  for (std::size_t i = 0; i < std::min(got.fields, expected.fields); ++i) {
    EXPECT_EQ(tokenizer.field(i).begin, expected.kept[i].begin) << i;
    EXPECT_EQ(tokenizer.field(i).end, expected.kept[i].end) << i;
    EXPECT_EQ(tokenizer.field(i).quoted, expected.kept[i].quoted) << i;
    EXPECT_EQ(tokenizer.field(i).doubled, expected.kept[i].doubled) << i;
  }
}

TEST(CsvProperty, AnyBytesAreCutAsASlowReaderCutsThem) {
  const std::vector<std::string> alphabet{",", "\"", "\"\"", "\n", "\r\n", "\r", "a", "bcdefghijklmnopqrstuvw", "é"};
  for (unsigned seed = 0; seed < 4000; ++seed) {
    std::mt19937 random(seed);
    const std::string text = random_text(random, alphabet, 60);
    SCOPED_TRACE("seed " + std::to_string(seed) + " text <" + text + ">");
    const std::string padded = text + std::string(128, '\0');
    CsvTokenizer tokenizer(',', '"', 1000);
    tokenizer.set_text(padded.data(), text.size(), true);
    for (std::size_t at = 0; at < text.size();) {
      CsvRecord record;
      ASSERT_TRUE(tokenizer.next(at, record));
      const NaiveRecord expected = naive_record(text, at);
      expect_same(record, tokenizer, expected);
      ASSERT_FALSE(testing::Test::HasFailure());
      at = record.next;
    }
  }
}

// With only a part of the text at hand, a record is given as it is in the whole, or not at all.
TEST(CsvProperty, APrefixNeverChangesARecord) {
  const std::vector<std::string> alphabet{",", "\"", "\"\"", "\n", "\r\n", "\r", "a", "bcdefghijklmnopqrstuvwxyz"};
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    const std::string text = random_text(random, alphabet, 20) + "\n";
    SCOPED_TRACE("seed " + std::to_string(seed) + " text <" + text + ">");
    const NaiveRecord expected = naive_record(text, 0);
    for (std::size_t size = 1; size < text.size(); ++size) {
      const std::string part = text.substr(0, size) + std::string(128, '\0');
      CsvTokenizer tokenizer(',', '"', 1000);
      tokenizer.set_text(part.data(), size, false);
      CsvRecord record;
      const bool found = tokenizer.next(0, record);
      ASSERT_TRUE(found || size < expected.next || expected.open_quote_newlines >= 0) << size;
      if (found) expect_same(record, tokenizer, expected);
      ASSERT_FALSE(testing::Test::HasFailure()) << size;
    }
  }
}

}  // namespace
}  // namespace deskhouse::sources
