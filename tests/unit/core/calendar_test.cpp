#include "core/calendar.h"

#include <gmock/gmock.h>

#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

std::int64_t open_minutes(const Calendar& calendar, const std::string& from, const std::string& to) {
  const auto us = calendar.open_us(at(from), at(to));
  EXPECT_EQ(us % kMicrosPerMinute, 0);
  return us / kMicrosPerMinute;
}

std::string after(const Calendar& calendar, const std::string& from, std::int64_t wanted_us) {
  const auto reached = calendar.add_open_us(at(from), wanted_us);
  return reached ? to_string(*reached) : "never";
}

using Spans = std::vector<std::string>;
Spans spans(const Calendar& calendar, const std::string& from, const std::string& to) {
  Spans texts;
  for (const auto& span : calendar.open_spans(at(from), at(to)))
    texts.push_back(to_string(span.from) + " " + to_string(span.to));
  return texts;
}

TEST(Calendar, AlwaysOpenCountsEverything) {
  const Calendar calendar;
  EXPECT_TRUE(calendar.always_open());
  EXPECT_EQ(calendar.name(), "24x7");
  EXPECT_EQ(calendar.open_us(Timestamp{5}, Timestamp{12}), 7);
  EXPECT_EQ(calendar.open_us(Timestamp{12}, Timestamp{5}), 0);
  EXPECT_EQ(calendar.add_open_us(Timestamp{5}, 7), Timestamp{12});
  EXPECT_EQ(calendar.open_spans(Timestamp{5}, Timestamp{12}),
            (std::vector<Calendar::Span>{{Timestamp{5}, Timestamp{12}}}));
  EXPECT_TRUE(calendar.open_spans(Timestamp{5}, Timestamp{5}).empty());
  EXPECT_FALSE(calendar.add_open_us(at("2150-12-31T23:00:00Z"), hours(2)));
  EXPECT_FALSE(calendar.add_open_us(Timestamp{5}, INT64_MAX));
}

TEST(Calendar, OfficeHoursInSeoul) {
  const auto calendar = make(office("Asia/Seoul"));                                        // open 00:00Z to 08:00Z
  EXPECT_EQ(open_minutes(calendar, "2024-03-04T00:00:00Z", "2024-03-05T00:00:00Z"), 480);  // a Monday
  EXPECT_EQ(open_minutes(calendar, "2024-03-04T07:59:00Z", "2024-03-05T00:01:00Z"), 2);
  EXPECT_EQ(open_minutes(calendar, "2024-03-01T08:00:00Z", "2024-03-04T00:00:00Z"), 0);  // the weekend
  EXPECT_EQ(open_minutes(calendar, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), 262 * 480);
  EXPECT_EQ(after(calendar, "2024-03-01T07:30:00Z", hours(1)), "2024-03-04T00:30:00Z");
}

TEST(Calendar, ReachesTheEndOfADayOnThatDay) {
  const auto calendar = make(office("UTC"));
  EXPECT_EQ(after(calendar, "2024-03-04T09:00:00Z", hours(8)), "2024-03-04T17:00:00Z");
  EXPECT_EQ(after(calendar, "2024-03-04T09:00:00Z", hours(8) + 1), "2024-03-05T09:00:00.000001Z");
  EXPECT_EQ(after(calendar, "2024-03-02T12:00:00Z", 0), "2024-03-02T12:00:00Z");  // nothing to wait for
  EXPECT_EQ(after(calendar, "2024-03-02T12:00:00Z", 1), "2024-03-04T09:00:00.000001Z");
}

TEST(Calendar, JoinsHoursThatTouchAndSortsThem) {
  const auto calendar = make(daily("UTC", {{13 * 60, 17 * 60}, {0, 60}, {12 * 60, 13 * 60}, {22 * 60, 1440}}));
  EXPECT_EQ(spans(calendar, "2024-03-04T00:30:00Z", "2024-03-05T00:30:00Z"),
            (Spans{"2024-03-04T00:30:00Z 2024-03-04T01:00:00Z", "2024-03-04T12:00:00Z 2024-03-04T17:00:00Z",
                   "2024-03-04T22:00:00Z 2024-03-05T00:30:00Z"}));
}

TEST(Calendar, LocalDaysOf23And25HoursCountWhatPassed) {
  const auto amsterdam = make(daily("Europe/Amsterdam", {{0, 1440}}));
  EXPECT_EQ(open_minutes(amsterdam, "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"), 23 * 60);
  EXPECT_EQ(open_minutes(amsterdam, "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"), 25 * 60);
  const auto lord_howe = make(daily("Australia/Lord_Howe", {{0, 1440}}));
  EXPECT_EQ(open_minutes(lord_howe, "2024-10-05T13:30:00Z", "2024-10-06T13:00:00Z"), 23 * 60 + 30);
  EXPECT_EQ(open_minutes(lord_howe, "2024-04-06T13:00:00Z", "2024-04-07T13:30:00Z"), 24 * 60 + 30);
  EXPECT_EQ(spans(amsterdam, "2024-03-01T00:00:00Z", "2024-11-01T00:00:00Z").size(), 1u);
}

TEST(Calendar, OfficeHoursFollowTheWallThroughTheChange) {
  const auto new_york = make(office("America/New_York"));
  // Friday 09:00 EST is 14:00Z, Monday 09:00 EDT is 13:00Z.
  EXPECT_EQ(spans(new_york, "2024-03-08T00:00:00Z", "2024-03-12T00:00:00Z"),
            (Spans{"2024-03-08T14:00:00Z 2024-03-08T22:00:00Z", "2024-03-11T13:00:00Z 2024-03-11T21:00:00Z"}));
  EXPECT_EQ(after(new_york, "2024-03-08T21:00:00Z", hours(2)), "2024-03-11T14:00:00Z");
  EXPECT_EQ(after(new_york, "2024-11-01T20:00:00Z", hours(2)), "2024-11-04T15:00:00Z");
}

TEST(Calendar, GapInsideOpenHoursCountsNothing) {
  // 02:00 to 03:00 does not exist on 31 March: of 01:30 to 03:30 one real hour is left.
  const auto amsterdam = make(daily("Europe/Amsterdam", {{90, 210}}));
  EXPECT_EQ(spans(amsterdam, "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"),
            (Spans{"2024-03-31T00:30:00Z 2024-03-31T01:30:00Z"}));
  EXPECT_EQ(after(amsterdam, "2024-03-31T00:00:00Z", minutes(45)), "2024-03-31T01:15:00Z");
  // Hours that lie in the gap as a whole.
  const auto in_gap = make(daily("Europe/Amsterdam", {{130, 170}}));
  EXPECT_EQ(open_minutes(in_gap, "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"), 0);
  EXPECT_EQ(open_minutes(in_gap, "2024-03-30T23:00:00Z", "2024-04-01T22:00:00Z"), 40);
  // Lord Howe skips 02:00 to 02:30.
  const auto lord_howe = make(daily("Australia/Lord_Howe", {{120, 180}}));
  EXPECT_EQ(open_minutes(lord_howe, "2024-10-05T13:30:00Z", "2024-10-06T13:00:00Z"), 30);
}

TEST(Calendar, OverlapInsideOpenHoursCountsTwice) {
  // 02:00 to 03:00 comes twice on 27 October.
  const auto whole = make(daily("Europe/Amsterdam", {{90, 210}}));
  EXPECT_EQ(spans(whole, "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"),
            (Spans{"2024-10-26T23:30:00Z 2024-10-27T02:30:00Z"}));
  // Hours that begin within it: the clock on the wall shows 02:00 to 02:30 again in between.
  const auto part = make(daily("Europe/Amsterdam", {{150, 210}}));
  EXPECT_EQ(spans(part, "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"),
            (Spans{"2024-10-27T00:30:00Z 2024-10-27T01:00:00Z", "2024-10-27T01:30:00Z 2024-10-27T02:30:00Z"}));
  EXPECT_EQ(after(part, "2024-10-27T00:00:00Z", minutes(31)), "2024-10-27T01:31:00Z");
  // Lord Howe repeats 01:30 to 02:00.
  const auto lord_howe = make(daily("Australia/Lord_Howe", {{90, 120}}));
  EXPECT_EQ(open_minutes(lord_howe, "2024-04-06T13:00:00Z", "2024-04-07T13:30:00Z"), 60);
}

TEST(Calendar, HolidaysAreWholeLocalDays) {
  auto spec = daily("America/New_York", {{0, 1440}});
  spec.holidays = {{0, 12, 25}, {2024, 7, 5}};
  const auto calendar = make(std::move(spec));
  // 25 December in New York is 05:00Z to 05:00Z.
  for (const auto* year : {"2023", "2024", "2050"}) {
    const std::string y = year;
    EXPECT_EQ(open_minutes(calendar, y + "-12-25T05:00:00Z", y + "-12-26T05:00:00Z"), 0) << y;
    EXPECT_EQ(open_minutes(calendar, y + "-12-25T04:00:00Z", y + "-12-26T06:00:00Z"), 120) << y;
  }
  EXPECT_EQ(open_minutes(calendar, "2024-07-05T04:00:00Z", "2024-07-06T04:00:00Z"), 0);
  EXPECT_EQ(open_minutes(calendar, "2025-07-05T04:00:00Z", "2025-07-06T04:00:00Z"), 1440);
  EXPECT_EQ(after(calendar, "2024-12-25T00:00:00Z", hours(6)), "2024-12-26T06:00:00Z");

  EXPECT_TRUE(calendar.is_holiday(from_civil({1999, 12, 25})));
  EXPECT_TRUE(calendar.is_holiday(from_civil({2024, 7, 5})));
  EXPECT_FALSE(calendar.is_holiday(from_civil({2023, 7, 5})));
  EXPECT_FALSE(calendar.is_holiday(from_civil({2024, 12, 24})));
}

TEST(Calendar, YearlyLeapDayIsAHolidayInLeapYearsOnly) {
  auto spec = daily("UTC", {{0, 1440}});
  spec.holidays = {{0, 2, 29}};
  const auto calendar = make(std::move(spec));
  EXPECT_EQ(open_minutes(calendar, "2024-02-28T00:00:00Z", "2024-03-02T00:00:00Z"), 2 * 1440);
  EXPECT_EQ(open_minutes(calendar, "2023-02-28T00:00:00Z", "2023-03-02T00:00:00Z"), 2 * 1440);
}

TEST(Calendar, EndsAt2151AndIsClosedOutside) {
  const auto calendar = make(daily("Pacific/Auckland", {{0, 1440}}));
  EXPECT_EQ(open_minutes(calendar, "1969-12-31T00:00:00Z", "1970-01-01T01:00:00Z"), 60);
  EXPECT_EQ(open_minutes(calendar, "2150-12-31T23:00:00Z", "2160-01-01T00:00:00Z"), 60);
  EXPECT_EQ(after(calendar, "2150-12-31T23:00:00Z", hours(1)), "2151-01-01T00:00:00Z");
  EXPECT_EQ(after(calendar, "2150-12-31T23:00:00Z", hours(1) + 1), "never");
  EXPECT_EQ(after(calendar, "2024-01-01T00:00:00Z", INT64_MAX), "never");
  EXPECT_EQ(spans(calendar, "2150-12-31T23:00:00Z", "2160-01-01T00:00:00Z"),
            (Spans{"2150-12-31T23:00:00Z 2151-01-01T00:00:00Z"}));
}

std::string error_of(CalendarSpec spec) {
  spec.name = "support";
  const auto made = Calendar::make(std::move(spec));
  return made ? "no error" : made.error().message;
}

TEST(Calendar, ErrorNamesTheCalendarTheDayAndWhatToDo) {
  using testing::AllOf;
  using testing::HasSubstr;
  auto spec = daily("UTC", {{9 * 60, 12 * 60}, {11 * 60 + 30, 17 * 60}});
  EXPECT_THAT(error_of(spec), AllOf(HasSubstr("support"), HasSubstr("Monday"), HasSubstr("09:00-12:00"),
                                    HasSubstr("11:30-17:00"), HasSubstr("overlap")));
  spec = office("UTC");
  spec.week[3] = {{600, 600}};
  EXPECT_THAT(error_of(spec), AllOf(HasSubstr("Thursday"), HasSubstr("10:00-10:00")));
  spec.week[3] = {{22 * 60, 6 * 60}};
  EXPECT_THAT(error_of(spec), HasSubstr("midnight"));
  spec.week[3] = {{0, 1441}};
  EXPECT_THAT(error_of(spec), HasSubstr("24:00"));
  spec.week[3] = {{-1, 60}};
  EXPECT_NE(error_of(spec), "no error");
  EXPECT_THAT(error_of(daily("UTC", {})), HasSubstr("never open"));
  for (const auto& [holiday, text] : {std::pair{Holiday{0, 2, 30}, "02-30"},
                                      {Holiday{2023, 2, 29}, "2023-02-29"},
                                      {Holiday{1969, 1, 1}, "1969-01-01"},
                                      {Holiday{2151, 1, 1}, "2151-01-01"},
                                      {Holiday{0, 13, 1}, "13-01"}}) {
    spec = office("UTC");
    spec.holidays = {holiday};
    EXPECT_THAT(error_of(spec), HasSubstr(text));
  }
}

TEST(Calendar, AlwaysOpenDoesNotLookAtWeek) {
  CalendarSpec spec;
  spec.week[0] = {{600, 600}};
  EXPECT_TRUE(Calendar::make(spec));
}

}  // namespace
}  // namespace deskhouse::core
