#include "demo/csv.h"

#include <gtest/gtest.h>

namespace deskhouse::demo {
namespace {

template <class Write>
std::string written(Write write) {
  Csv csv;
  write(csv);
  return std::string(csv.view());
}

TEST(Csv, WritesTimesInEveryStyle) {
  const std::int64_t at_s = 1'741'183'629;  // 2025-03-05T14:07:09Z
  EXPECT_EQ(written([&](Csv& c) { c.time(at_s); }), "2025-03-05T14:07:09Z");
  EXPECT_EQ(written([&](Csv& c) { c.time(at_s, TimeStyle::dmy); }), "05/03/2025 14:07:09");
  EXPECT_EQ(written([&](Csv& c) { c.time(at_s, TimeStyle::epoch_ms); }), "1741183629000");
  EXPECT_EQ(written([&](Csv& c) { c.time(-1); }), "");
}

TEST(Csv, AgreesWithTheSlowFormatting) {
  Csv csv;
  for (std::int64_t at_s = 0; at_s < 4'000'000'000; at_s += 7'654'321) {
    csv.clear();
    csv.time(at_s);
    ASSERT_EQ(csv.view(), to_string(Timestamp{at_s * kMicrosPerSecond}));
  }
}

TEST(Csv, WritesIdsNumbersAndMoney) {
  EXPECT_EQ(written([](Csv& c) { c.id("INC", 45, 7); }), "INC0000045");
  EXPECT_EQ(written([](Csv& c) { c.id("INC", 12'345'678, 7); }), "INC12345678");
  EXPECT_EQ(written([](Csv& c) { c.number(0); }), "0");
  EXPECT_EQ(written([](Csv& c) { c.cents(5); }), "0.05");
  EXPECT_EQ(written([](Csv& c) { c.cents(123'450); }), "1234.50");
}

TEST(Csv, DoublesQuotes) {
  EXPECT_EQ(written([](Csv& c) { c.quoted("a \"b\" c"); }), "a \"\"b\"\" c");
  EXPECT_EQ(written([](Csv& c) { c.quoted("\""); }), "\"\"");
  EXPECT_EQ(written([](Csv& c) { c.quoted(""); }), "");
}

TEST(Csv, GrowsBeyondItsFirstBuffer) {
  Csv csv;
  for (int i = 0; i < 10'000; ++i) csv.text("0123456789");
  EXPECT_EQ(csv.size(), 100'000u);
  EXPECT_EQ(csv.view().substr(99'990), "0123456789");
}

}  // namespace
}  // namespace deskhouse::demo
