#include "staging/time_reader.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace deskhouse::staging {
namespace {

TimeReader reader(const std::vector<std::string>& formats, std::string_view zone = "UTC", bool override_zone = false) {
  return TimeReader::make(formats, TimeZone::load(zone).value(), override_zone).value();
}

// The instant in ISO 8601, or the fault in angle brackets.
std::string read(const TimeReader& times, std::string_view text) {
  TimeReader::Value value;
  return times.read(text, value) ? to_string(value.at) : "<" + times.fault(text) + ">";
}

struct Case {
  const char* format;
  const char* text;
  const char* expected;
};

class Formats : public testing::TestWithParam<Case> {};

TEST_P(Formats, ReadOrSayWhyNot) {
  const auto& c = GetParam();
  EXPECT_EQ(read(reader({c.format}), c.text), c.expected) << c.format << " of " << c.text;
}

constexpr const char* kNotIso = "<not a date-time of any declared format (iso)>";

INSTANTIATE_TEST_SUITE_P(
    Iso, Formats,
    testing::Values(Case{"iso", "2024-03-05T14:07:09Z", "2024-03-05T14:07:09Z"},
                    Case{"iso", "2024-03-05 14:07:09", "2024-03-05T14:07:09Z"},
                    Case{"iso", "2024-03-05T14:07", "2024-03-05T14:07:00Z"},
                    Case{"iso", "2024-03-05", "2024-03-05T00:00:00Z"},
                    Case{"iso", "2024-03-05t14:07:09z", "2024-03-05T14:07:09Z"},
                    Case{"iso", "2010-01-13 08:40:25+02:00", "2010-01-13T06:40:25Z"},
                    Case{"iso", "2024-03-05T14:07:09 -0330", "2024-03-05T17:37:09Z"},
                    Case{"iso", "2024-03-05T14:07+09", "2024-03-05T05:07:00Z"},
                    Case{"iso", "2006-01-11T16:49:42.000+02:00", "2006-01-11T14:49:42Z"},
                    Case{"iso", "2024-03-05T14:07:09.5Z", "2024-03-05T14:07:09.500000Z"},
                    Case{"iso", "2024-03-05T14:07:09,123456789Z", "2024-03-05T14:07:09.123456Z"},
                    Case{"iso", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
                    Case{"iso", "2100-12-31T23:59:59Z", "2100-12-31T23:59:59Z"},
                    Case{"iso", "2023-02-29T00:00:00Z", kNotIso}, Case{"iso", "2024-13-01", kNotIso},
                    Case{"iso", "2024-00-10", kNotIso}, Case{"iso", "2024-03-05T24:00:00Z", kNotIso},
                    Case{"iso", "2024-03-05T14:60:00Z", kNotIso}, Case{"iso", "2024-03-05T14:07:60Z", kNotIso},
                    Case{"iso", "2024-03-05T14:07:09.Z", kNotIso}, Case{"iso", "2024-03-05T14:07:09Zx", kNotIso},
                    Case{"iso", "2024-03-05T14:07:09+2", kNotIso}, Case{"iso", "2024-03-05T14:07:09+19:00", kNotIso},
                    Case{"iso", "2024-03-05T1:07:09Z", kNotIso}, Case{"iso", "2024-03-05Z", kNotIso},
                    Case{"iso", "24-03-05", kNotIso}, Case{"iso", "yesterday", kNotIso}, Case{"iso", "x", kNotIso}));

INSTANTIATE_TEST_SUITE_P(Range, Formats,
                         testing::Values(Case{"iso", "20245-01-01T00:00:00Z", "<year 20245 is out of 1970..2100>"},
                                         Case{"iso", "9999-12-31", "<year 9999 is out of 1970..2100>"},
                                         Case{"iso", "0000-01-01", "<year 0 is out of 1970..2100>"},
                                         Case{"iso", "1969-12-31T23:59:59Z", "<year 1969 is out of 1970..2100>"},
                                         Case{"iso", "1970-01-01T00:00:00+01:00", "<year 1969 is out of 1970..2100>"},
                                         Case{"iso", "2100-12-31T23:59:59-01:00", "<year 2101 is out of 1970..2100>"},
                                         Case{"iso", "0000-00-00 00:00:00", "<zero date 0000-00-00>"},
                                         Case{"%d/%m/%Y", "0000-00-00", "<zero date 0000-00-00>"},
                                         Case{"%d/%m/%Y", "9999-12-31", "<year 9999 is out of 1970..2100>"},
                                         Case{"%d/%m/%Y", "1/2/16", "<year 16 is out of 1970..2100>"},
                                         Case{"iso", "infinity", "<infinity is not a date-time>"},
                                         Case{"%d/%m/%Y", "-Infinity", "<-Infinity is not a date-time>"},
                                         Case{"epoch_s", "99999999999", "<year 5138 is out of 1970..2100>"},
                                         Case{"epoch_ms", "99999999999999", "<year 5138 is out of 1970..2100>"},
                                         Case{"epoch_s", "-86400", "<year 1969 is out of 1970..2100>"},
                                         Case{"epoch_ms", "999999999999999999999999999999",
                                              "<not a date-time of any declared format (epoch_ms)>"}));

INSTANTIATE_TEST_SUITE_P(
    Patterns, Formats,
    testing::Values(
        Case{"%d/%m/%Y %H:%M", "29/2/2016 1:16", "2016-02-29T01:16:00Z"},
        Case{"%d/%m/%Y %H:%M", "05/12/2016 09:06", "2016-12-05T09:06:00Z"},
        Case{"%d/%m/%Y %H:%M", "5/12/2016   09:06", "2016-12-05T09:06:00Z"},
        Case{"%d/%m/%Y %H:%M", "30/2/2016 01:16", "<not a date-time of any declared format (%d/%m/%Y %H:%M)>"},
        Case{"%d/%m/%Y %H:%M", "29/2/2016 1:16:00", "<not a date-time of any declared format (%d/%m/%Y %H:%M)>"},
        Case{"%d/%m/%Y %H:%M", "29/2/201601:16", "<not a date-time of any declared format (%d/%m/%Y %H:%M)>"},
        Case{"%m/%d/%Y %H:%M", "6/1/2023 12:15", "2023-06-01T12:15:00Z"},
        Case{"%Y%m%d%H%M%S", "20240305140709", "2024-03-05T14:07:09Z"},
        Case{"%Y%m%d", "2024035", "<not a date-time of any declared format (%Y%m%d)>"},
        Case{"%d %b %Y", "5 mar 2024", "2024-03-05T00:00:00Z"},
        Case{"%d %B, %Y", "5 September, 2024", "2024-09-05T00:00:00Z"},
        Case{"%d.%m.%y", "5.3.24", "2024-03-05T00:00:00Z"},
        Case{"%d.%m.%y %H:%M", "05.03.24 7:00", "2024-03-05T07:00:00Z"},
        Case{"%d.%m.%y", "05.03.70", "1970-03-05T00:00:00Z"},
        Case{"%m/%d/%Y %I:%M %p", "3/5/2024 12:30 am", "2024-03-05T00:30:00Z"},
        Case{"%m/%d/%Y %I:%M %p", "3/5/2024 12:30 PM", "2024-03-05T12:30:00Z"},
        Case{"%m/%d/%Y %I:%M %p", "3/5/2024 1:30 PM", "2024-03-05T13:30:00Z"},
        Case{"%m/%d/%Y %I:%M %p", "3/5/2024 13:30 PM", "<not a date-time of any declared format (%m/%d/%Y %I:%M %p)>"},
        Case{"%Y-%m-%dT%H:%M:%S.%f%z", "2024-03-05T14:07:09.25+0100", "2024-03-05T13:07:09.250000Z"},
        Case{"%Y/%m/%d 100%% %H", "2024/3/5 100% 4", "2024-03-05T04:00:00Z"}));

INSTANTIATE_TEST_SUITE_P(Epochs, Formats,
                         testing::Values(Case{"epoch_s", "1709647629", "2024-03-05T14:07:09Z"},
                                         Case{"epoch_s", "1709647629.25", "2024-03-05T14:07:09.250000Z"},
                                         Case{"epoch_s", "0", "1970-01-01T00:00:00Z"},
                                         Case{"epoch_s", "-0", "1970-01-01T00:00:00Z"},
                                         Case{"epoch_s", "0000000000001709647629", "2024-03-05T14:07:09Z"},
                                         Case{"epoch_ms", "1709647629250", "2024-03-05T14:07:09.250000Z"},
                                         Case{"epoch_ms", "1709647629250.125", "2024-03-05T14:07:09.250125Z"},
                                         Case{"epoch_s", "17e8", "<not a date-time of any declared format (epoch_s)>"},
                                         Case{"epoch_s", "", "<not a date-time of any declared format (epoch_s)>"}));

TEST(TimeReader, FirstFormatThatReadsWins) {
  const auto times = reader({"%d/%m/%Y", "%m/%d/%Y", "iso"});
  EXPECT_EQ(read(times, "3/4/2024"), "2024-04-03T00:00:00Z");
  EXPECT_EQ(read(times, "3/22/2024"), "2024-03-22T00:00:00Z") << "there is no month 22";
  EXPECT_EQ(read(times, "2024-03-22"), "2024-03-22T00:00:00Z");
  EXPECT_EQ(read(times, "22.3.2024"), "<not a date-time of any declared format (%d/%m/%Y, %m/%d/%Y, iso)>");
}

TEST(TimeReader, NamesTheFormatThatRead) {
  const auto times = reader({"%d/%m/%Y", "iso"});
  TimeReader::Value value;
  const auto name = [&](std::string_view text) {
    return times.read(text, value) ? times.format_names()[value.format] : "";
  };
  EXPECT_EQ(name("3/4/2024"), "%d/%m/%Y");
  EXPECT_EQ(name("2024-03-04T00:00:00Z"), "iso");
  EXPECT_EQ(name("2024-03-04T00:00:00"), "iso without zone");
}

struct ZoneCase {
  const char* zone;
  const char* local;
  const char* utc;
  bool ambiguous;
};

class Zones : public testing::TestWithParam<ZoneCase> {};

TEST_P(Zones, LocalTimesBecomeUtcByTheOneRule) {
  const auto& c = GetParam();
  const auto times = reader({}, c.zone);
  TimeReader::Value value;
  ASSERT_TRUE(times.read(c.local, value));
  EXPECT_EQ(to_string(value.at), c.utc);
  EXPECT_EQ(value.ambiguous, c.ambiguous);
}

INSTANTIATE_TEST_SUITE_P(
    Rule, Zones,
    testing::Values(ZoneCase{"Europe/Amsterdam", "2024-01-15 12:00", "2024-01-15T11:00:00Z", false},
                    ZoneCase{"Europe/Amsterdam", "2024-07-15 12:00", "2024-07-15T10:00:00Z", false},
                    ZoneCase{"Europe/Amsterdam", "2024-03-31 02:30", "2024-03-31T01:30:00Z", true},     // gap
                    ZoneCase{"Europe/Amsterdam", "2024-10-27 02:30", "2024-10-27T00:30:00Z", true},     // overlap
                    ZoneCase{"America/New_York", "2024-03-10 02:30", "2024-03-10T07:30:00Z", true},     // gap
                    ZoneCase{"America/New_York", "2024-11-03 01:30", "2024-11-03T05:30:00Z", true},     // overlap
                    ZoneCase{"Australia/Lord_Howe", "2024-10-06 02:15", "2024-10-05T15:45:00Z", true},  // gap of 30 min
                    ZoneCase{"Asia/Seoul", "2024-03-31 02:30", "2024-03-30T17:30:00Z", false},
                    ZoneCase{"+09:00", "2024-03-31 02:30", "2024-03-30T17:30:00Z", false},
                    ZoneCase{"Europe/Amsterdam", "2024-03-31 02:30+02:00", "2024-03-31T00:30:00Z", false}));

TEST(TimeReader, OverrideZoneTakesTheClockForWhatItShows) {
  // Rabobank: Amsterdam wall time labelled Z.
  const auto times = reader({}, "Europe/Amsterdam", true);
  EXPECT_EQ(read(times, "2013-07-08T13:54:07Z"), "2013-07-08T11:54:07Z");
  EXPECT_EQ(read(times, "2013-07-08T13:54:07+05:00"), "2013-07-08T11:54:07Z");
  EXPECT_EQ(read(reader({"epoch_s"}, "Europe/Amsterdam", true), "1709647629"), "2024-03-05T14:07:09Z")
      << "an epoch number shows no clock";
}

TEST(TimeReader, ChangedSaysWhetherTheTextWasNotYetIsoUtc) {
  TimeReader::Value value;
  const auto changed = [&](const TimeReader& times, std::string_view text) {
    EXPECT_TRUE(times.read(text, value)) << text;
    return value.changed;
  };
  EXPECT_FALSE(changed(reader({}), "2024-03-05T14:07:09Z"));
  EXPECT_FALSE(changed(reader({}), "2024-03-05 14:07"));
  EXPECT_TRUE(changed(reader({}), "2024-03-05T14:07:09+01:00"));
  EXPECT_TRUE(changed(reader({}, "Asia/Seoul"), "2024-03-05 14:07"));
  EXPECT_TRUE(changed(reader({"%d/%m/%Y"}), "5/3/2024"));
  EXPECT_TRUE(changed(reader({"epoch_s"}), "1709647629"));
}

TEST(TimeReader, DayIsTheOneThatTheClockShowed) {
  Date day;
  TimeReader::Value value;
  ASSERT_TRUE(reader({}, "Asia/Seoul").read_day("2024-03-05 01:00", day, value));
  EXPECT_EQ(to_string(day), "2024-03-05");
  ASSERT_TRUE(reader({}).read_day("2024-03-05T01:00:00+09:00", day, value));
  EXPECT_EQ(to_string(day), "2024-03-05");
  ASSERT_TRUE(reader({"epoch_s"}, "Asia/Seoul").read_day("1709650800", day, value));  // 2024-03-05T15:00:00Z
  EXPECT_EQ(to_string(day), "2024-03-06");
  EXPECT_FALSE(reader({}).read_day("1969-12-31", day, value));
}

TEST(TimeReader, RefusesFormatsThatCannotWork) {
  const auto error = [](const char* format) {
    const auto made = TimeReader::make({format}, TimeZone(), false);
    return made ? "made" : made.error();
  };
  EXPECT_EQ(error("%d/%m/%Q"),
            "date format '%d/%m/%Q': %Q is not known; known are %Y %y %m %d %b %H %I %p %M %S %f %z %%");
  EXPECT_EQ(error("%H:%M"),
            "date format '%H:%M': a format needs a year, a month and a day (%Y %m %d), or is iso, epoch_s or "
            "epoch_ms");
  EXPECT_EQ(error("%Y-%m-%d %I:%M"),
            "date format '%Y-%m-%d %I:%M': %I and %p need each other; a day of 24 hours is %H");
  EXPECT_EQ(error("ISO"),
            "date format 'ISO': a format needs a year, a month and a day (%Y %m %d), or is iso, epoch_s or "
            "epoch_ms");
}

// The last whole second of 2100, in seconds.
constexpr std::int64_t kEnd_s = kEndTimestamp.us / kMicrosPerSecond;

RC_GTEST_PROP(TimeReaderProperty, ReadsBackEveryInstantInEveryFormat, ()) {
  const Timestamp at{*rc::gen::inRange<std::int64_t>(0, kEnd_s) * kMicrosPerSecond};
  const auto iso = to_string(at);
  const auto civil = to_civil(utc_day(at));
  const auto plain = std::to_string(civil.day) + "/" + std::to_string(civil.month) + "/" + std::to_string(civil.year) +
                     " " + iso.substr(11, 8);
  RC_ASSERT(read(reader({}), iso) == iso);
  RC_ASSERT(read(reader({}), iso.substr(0, 19)) == iso);
  RC_ASSERT(read(reader({"epoch_s"}), std::to_string(at.us / kMicrosPerSecond)) == iso);
  RC_ASSERT(read(reader({"epoch_ms"}), std::to_string(at.us / 1000)) == iso);
  RC_ASSERT(read(reader({"%d/%m/%Y %H:%M:%S"}), plain) == iso);
}

RC_GTEST_PROP(TimeReaderProperty, NeverCrashesOnAnyText, (const std::string& text)) {
  for (const auto* format : {"iso", "epoch_s", "epoch_ms", "%d/%m/%Y %H:%M", "%Y%m%d%H%M%S%f%z", "%d %b %y %I %p"}) {
    const auto times = reader({format});
    TimeReader::Value value;
    if (times.read(text, value))
      RC_ASSERT(value.at >= kMinTimestamp && value.at < kEndTimestamp);
    else
      RC_ASSERT(!times.fault(text).empty());
  }
}

}  // namespace
}  // namespace deskhouse::staging
