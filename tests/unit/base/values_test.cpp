#include "base/values.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

namespace deskhouse {
namespace {

TEST(Date, CountsFromTheEpoch) {
  EXPECT_EQ(from_civil({1970, 1, 1}).days, 0);
  EXPECT_EQ(from_civil({1969, 12, 31}).days, -1);
  EXPECT_EQ(from_civil({2000, 2, 29}).days, 11'016);
  EXPECT_EQ(from_civil({2101, 1, 1}).days, kEndTimestamp.us / kMicrosPerDay);
}

TEST(Date, EveryDayFollowsTheOneBefore) {
  CivilDate before = to_civil(from_civil({1899, 12, 31}));
  for (auto day = from_civil({1900, 1, 1}); day < from_civil({2151, 1, 1}); ++day.days) {
    const auto civil = to_civil(day);
    ASSERT_TRUE(is_valid(civil)) << to_string(day);
    ASSERT_EQ(from_civil(civil), day);
    if (civil.day == 1)
      ASSERT_EQ(civil.month, before.month % 12 + 1) << to_string(day);
    else
      ASSERT_EQ(civil.day, before.day + 1) << to_string(day);
    before = civil;
  }
}

TEST(Date, KnowsWhichDaysExist) {
  EXPECT_TRUE(is_valid({2000, 2, 29}));
  EXPECT_TRUE(is_valid({2024, 2, 29}));
  EXPECT_FALSE(is_valid({1900, 2, 29}));
  EXPECT_FALSE(is_valid({2023, 2, 29}));
  EXPECT_FALSE(is_valid({2023, 4, 31}));
  EXPECT_FALSE(is_valid({2023, 0, 1}));
  EXPECT_FALSE(is_valid({2023, 13, 1}));
  EXPECT_FALSE(is_valid({2023, 1, 0}));
}

TEST(FloorDivision, RoundsDownOnBothSidesOfZero) {
  EXPECT_EQ(floor_div(7, 7), 1);
  EXPECT_EQ(floor_div(6, 7), 0);
  EXPECT_EQ(floor_div(-1, 7), -1);
  EXPECT_EQ(floor_div(-7, 7), -1);
  EXPECT_EQ(floor_div(-8, 7), -2);
  EXPECT_EQ(utc_day(Timestamp{-1}).days, -1);
  EXPECT_EQ(utc_day(Timestamp{0}).days, 0);
}

TEST(Timestamp, IsWrittenWithAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(to_string(Timestamp{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_string(Timestamp{1'709'647'629'000'000}), "2024-03-05T14:07:09Z");
  EXPECT_EQ(to_string(Timestamp{1'709'647'629'000'010}), "2024-03-05T14:07:09.000010Z");
  EXPECT_EQ(to_string(Timestamp{-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(Timestamp, IsReadWithItsOffset) {
  const Timestamp expected{1'709'647'629'000'000};
  for (const auto* text : {"2024-03-05T14:07:09Z", "2024-03-05 14:07:09z", "2024-03-05t16:07:09+02:00",
                           "2024-03-05T10:37:09-0330", "2024-03-05T23:07:09+09", "2024-03-05T14:07:09.000Z"})
    EXPECT_EQ(parse_iso_timestamp(text), expected) << text;
  EXPECT_EQ(parse_iso_timestamp("2024-03-05T14:07:09.5Z"), Timestamp{expected.us + 500'000});
  EXPECT_EQ(parse_iso_timestamp("2024-03-05T14:07:09.1234567Z"), Timestamp{expected.us + 123'456});
  EXPECT_EQ(parse_iso_timestamp("2024-03-05T14:07Z"), Timestamp{expected.us - 9 * kMicrosPerSecond});
}

TEST(Timestamp, RefusesWhatIsNotOne) {
  for (const auto* text :
       {"", "2024-03-05", "2024-03-05T14:07:09", "2024-03-05T24:00:00Z", "2024-03-05T14:60:09Z", "2024-03-05T14:07:60Z",
        "2024-02-30T14:07:09Z", "2024-03-05T14:07:09ZZ", "2024-03-05T14:07:09.Z", "2024-03-05X14:07:09Z",
        "2024-03-05T14-07-09Z", "2024-03-05T14:07:09+2:00", "2024-03-05T14:07:09+19:00", "2024-03-05T14:07:09+02:60",
        " 2024-03-05T14:07:09Z", "20240305T140709Z", "2024-03-05T14:07:0"})
    EXPECT_FALSE(parse_iso_timestamp(text)) << text;
}

TEST(Timestamp, ReadsBackWhatItWrites) {
  EXPECT_TRUE(rc::check("parse(to_string(t)) == t", [] {
    const Timestamp t{*rc::gen::inRange<std::int64_t>(0, kEndTimestamp.us)};
    RC_ASSERT(parse_iso_timestamp(to_string(t)) == t);
  }));
}

TEST(DateText, IsStrict) {
  EXPECT_EQ(parse_iso_date("1970-01-02"), Date{1});
  for (const auto* text : {"", "1970-1-2", "1970/01/02", "1970-02-30", "1970-01-02 ", "0197-001-2", "1970-01-0x"})
    EXPECT_FALSE(parse_iso_date(text)) << text;
}

TEST(Decimal, HasNoTrailingZeros) {
  EXPECT_EQ(to_string(Decimal{0}), "0");
  EXPECT_EQ(to_string(Decimal{125'000}), "12.5");
  EXPECT_EQ(to_string(Decimal{1}), "0.0001");
  EXPECT_EQ(to_string(Decimal{-1}), "-0.0001");
  EXPECT_EQ(to_string(Decimal{-1'000'000}), "-100");
  EXPECT_EQ(to_string(Decimal{std::numeric_limits<std::int64_t>::min()}), "-922337203685477.5808");
}

}  // namespace
}  // namespace deskhouse
