#include "config/scalars.h"

#include <gtest/gtest.h>

namespace deskhouse::config {
namespace {

TEST(Duration, ReadsOneNumberAndOneUnit) {
  EXPECT_EQ(parse_duration_seconds("90s"), 90);
  EXPECT_EQ(parse_duration_seconds("5m"), 300);
  EXPECT_EQ(parse_duration_seconds("12h"), 43'200);
  EXPECT_EQ(parse_duration_seconds("1d"), 86'400);
  for (const auto* text : {"", "5", "h", "-1h", "0h", "1.5h", "1w", "1 h", "1h30m", "99999999999d", "1e9d"})
    EXPECT_EQ(parse_duration_seconds(text), std::nullopt) << text;
}

TEST(Hours, ReadsASpanWithinADay) {
  const auto hours = parse_hours("09:30-24:00");
  ASSERT_TRUE(hours);
  EXPECT_EQ(hours->from_minute, 570);
  EXPECT_EQ(hours->to_minute, 1440);
  for (const auto* text : {"", "9:00-17:00", "17:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "09:00 17:00",
                           "aa:00-17:00", "09:00-17:00 "})
    EXPECT_EQ(parse_hours(text).has_value(), false) << text;
}

TEST(HolidayText, ReadsADayOrAYearlyDay) {
  const auto dated = parse_holiday("2024-05-05"), yearly = parse_holiday("--02-29");
  ASSERT_TRUE(dated && yearly);
  EXPECT_EQ(dated->year, 2024);
  EXPECT_EQ(dated->month, 5u);
  EXPECT_EQ(yearly->year, 0);
  EXPECT_EQ(yearly->day, 29u);
  for (const auto* text : {"", "2024-02-30", "--02-30", "--13-01", "12-25", "2024/05/05", "--1-1", "--12-25x"})
    EXPECT_FALSE(parse_holiday(text).has_value()) << text;
}

}  // namespace
}  // namespace deskhouse::config
