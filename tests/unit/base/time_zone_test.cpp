#include "base/time_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace deskhouse {
namespace {

using Kind = TimeZone::Resolved::Kind;

TimeZone zone(std::string_view name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *std::move(loaded) : TimeZone();
}

// The local time "2024-03-31T02:30:00", as microseconds since 1970 local.
std::int64_t local(const std::string& text) {
  return parse_iso_timestamp(text + "Z").value().us;
}

std::string utc_text(const TimeZone& in, const std::string& local_text) {
  const auto resolved = in.to_utc(local(local_text));
  const char* kinds[] = {"", " gap", " overlap"};
  return to_string(resolved.at) + kinds[static_cast<int>(resolved.kind)];
}

std::string local_text(const TimeZone& in, const std::string& utc) {
  auto text = to_string(Timestamp{in.to_local(parse_iso_timestamp(utc).value())});
  text.pop_back();
  return text;
}

TEST(TimeZone, IsUtcUnlessLoaded) {
  const TimeZone utc;
  EXPECT_EQ(utc.name(), "UTC");
  EXPECT_TRUE(utc.is_utc());
  EXPECT_EQ(utc.to_local(Timestamp{123}), 123);
  EXPECT_EQ(utc.to_utc(123).at, Timestamp{123});
  EXPECT_TRUE(zone("UTC").is_utc());
  EXPECT_TRUE(zone("Etc/UTC").is_utc());
  EXPECT_FALSE(zone("Europe/London").is_utc());
}

TEST(TimeZone, TakesFixedOffsets) {
  EXPECT_EQ(zone("+09:00").offset_us(Timestamp{0}), 9 * kMicrosPerHour);
  EXPECT_EQ(zone("-03:30").offset_us(Timestamp{0}), -(3 * kMicrosPerHour + 30 * kMicrosPerMinute));
  EXPECT_TRUE(zone("+00:00").is_utc());
  EXPECT_EQ(zone("+09:00").name(), "+09:00");
}

TEST(TimeZone, ErrorNamesTheZoneAndSaysWhatToWrite) {
  for (const auto* bad : {"Europe/Amsterdm", "", "Europe", "../etc/passwd", "/etc/localtime", "+9:00", "+25:00",
                          "+09:60", "+0x:00", "right/UTC", "zone.tab", "Europe/Amsterdam\n"}) {
    const auto loaded = TimeZone::load(bad);
    ASSERT_FALSE(loaded) << bad;
    EXPECT_EQ(loaded.error().kind, Error::Kind::config);
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("\"" + std::string(bad) + "\""));
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("Europe/Amsterdam"));
  }
}

TEST(TimeZone, SeoulHasNoSummerTimeAnyMore) {
  const auto seoul = zone("Asia/Seoul");
  EXPECT_EQ(local_text(seoul, "2024-03-31T01:30:00Z"), "2024-03-31T10:30:00");
  EXPECT_EQ(local_text(seoul, "2100-07-01T00:00:00Z"), "2100-07-01T09:00:00");
  EXPECT_EQ(local_text(seoul, "1988-07-01T00:00:00Z"),
            "1988-07-01T10:00:00");  // it had, for the Olympic Games
  EXPECT_EQ(utc_text(seoul, "2024-03-31T02:30:00"), "2024-03-30T17:30:00Z");
}

TEST(TimeZone, AmsterdamGapAndOverlap) {
  const auto amsterdam = zone("Europe/Amsterdam");
  EXPECT_EQ(utc_text(amsterdam, "2024-03-31T01:59:59"), "2024-03-31T00:59:59Z");
  EXPECT_EQ(utc_text(amsterdam, "2024-03-31T02:00:00"), "2024-03-31T01:00:00Z gap");
  EXPECT_EQ(utc_text(amsterdam, "2024-03-31T02:30:00"), "2024-03-31T01:30:00Z gap");  // 03:30 of the new time
  EXPECT_EQ(local_text(amsterdam, "2024-03-31T01:30:00Z"), "2024-03-31T03:30:00");
  EXPECT_EQ(utc_text(amsterdam, "2024-03-31T03:00:00"), "2024-03-31T01:00:00Z");
  EXPECT_EQ(utc_text(amsterdam, "2024-10-27T01:59:59"), "2024-10-26T23:59:59Z");
  EXPECT_EQ(utc_text(amsterdam, "2024-10-27T02:30:00"), "2024-10-27T00:30:00Z overlap");
  EXPECT_EQ(utc_text(amsterdam, "2024-10-27T03:00:00"), "2024-10-27T02:00:00Z");
}

TEST(TimeZone, NewYorkGapAndOverlap) {
  const auto new_york = zone("America/New_York");
  EXPECT_EQ(utc_text(new_york, "2024-03-10T02:30:00"), "2024-03-10T07:30:00Z gap");
  EXPECT_EQ(utc_text(new_york, "2024-11-03T01:30:00"), "2024-11-03T05:30:00Z overlap");
  EXPECT_EQ(utc_text(new_york, "2024-11-03T02:00:00"), "2024-11-03T07:00:00Z");
  EXPECT_EQ(local_text(new_york, "2024-11-03T06:30:00Z"), "2024-11-03T01:30:00");
}

TEST(TimeZone, LordHoweMovesByHalfAnHour) {
  const auto lord_howe = zone("Australia/Lord_Howe");
  EXPECT_EQ(utc_text(lord_howe, "2024-10-06T02:15:00"), "2024-10-05T15:45:00Z gap");
  EXPECT_EQ(local_text(lord_howe, "2024-10-05T15:45:00Z"), "2024-10-06T02:45:00");
  EXPECT_EQ(utc_text(lord_howe, "2024-10-06T02:30:00"), "2024-10-05T15:30:00Z");
  EXPECT_EQ(utc_text(lord_howe, "2024-04-07T01:45:00"), "2024-04-06T14:45:00Z overlap");
  EXPECT_EQ(utc_text(lord_howe, "2024-04-07T02:00:00"), "2024-04-06T15:30:00Z");
}

TEST(TimeZone, ApiaSkippedAWholeDay) {
  EXPECT_EQ(utc_text(zone("Pacific/Apia"), "2011-12-30T12:00:00"), "2011-12-30T22:00:00Z gap");
  EXPECT_EQ(local_text(zone("Pacific/Apia"), "2011-12-30T22:00:00Z"), "2011-12-31T12:00:00");
}

TEST(TimeZone, KnowsSummerTimeAfter2037) {
  EXPECT_EQ(local_text(zone("Europe/Amsterdam"), "2099-07-01T12:00:00Z"), "2099-07-01T14:00:00");
  EXPECT_EQ(local_text(zone("Europe/Amsterdam"), "2099-12-01T12:00:00Z"), "2099-12-01T13:00:00");
  EXPECT_EQ(local_text(zone("Australia/Lord_Howe"), "2060-01-01T00:00:00Z"), "2060-01-01T11:00:00");
}

TEST(TimeZone, IsTotal) {
  const auto amsterdam = zone("Europe/Amsterdam");
  EXPECT_EQ(amsterdam.to_local(Timestamp{-kMicrosPerDay * 365'000}), -kMicrosPerDay * 365'000 + kMicrosPerHour);
  EXPECT_EQ(amsterdam.to_local(Timestamp{kMicrosPerDay * 3'000'000}), kMicrosPerDay * 3'000'000 + kMicrosPerHour);
}

const char* kZones[] = {
    "UTC",          "Asia/Seoul",     "Europe/Amsterdam",  "America/New_York", "Australia/Lord_Howe",
    "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "America/St_Johns", "America/Sao_Paulo"};

// Instants within three hours of a change of the zone, else anywhere: where errors would be.
Timestamp any_instant(const TimeZone& in) {
  const auto changes = in.changes();
  if (changes.size() > 1 && *rc::gen::arbitrary<bool>()) {
    const auto& near = changes[*rc::gen::inRange<std::size_t>(1, changes.size())];
    return {near.at.us + *rc::gen::inRange<std::int64_t>(-3 * kMicrosPerHour, 3 * kMicrosPerHour)};
  }
  return {*rc::gen::inRange<std::int64_t>(0, kEndTimestamp.us)};
}

TEST(TimeZoneProperty, OffsetIsTheLastThatCameIntoForce) {
  for (const auto* name : kZones) {
    const auto in = zone(name);
    EXPECT_TRUE(rc::check(std::string(name) + ": offset by linear search", [&] {
      const auto t = any_instant(in);
      std::int64_t expected = 0;
      for (const auto& change : in.changes())
        if (change.at <= t) expected = change.offset_us;
      RC_ASSERT(in.offset_us(t) == expected);
    }));
  }
}

TEST(TimeZoneProperty, LocalTimeComesBackToTheEarliestInstantThatHasIt) {
  for (const auto* name : kZones) {
    const auto in = zone(name);
    EXPECT_TRUE(rc::check(std::string(name) + ": to_utc inverts to_local", [&] {
      const auto t = any_instant(in);
      const auto back = in.to_utc(in.to_local(t));
      RC_ASSERT(back.kind != Kind::gap);
      RC_ASSERT(in.to_local(back.at) == in.to_local(t));
      RC_ASSERT(back.at <= t);
      RC_ASSERT(back.at == t || back.kind == Kind::overlap);
    }));
  }
}

TEST(TimeZoneProperty, GapIsReadWithTheOffsetBefore) {
  for (const auto* name : kZones) {
    const auto in = zone(name);
    for (std::size_t i = 1; i < in.changes().size(); ++i) {
      const auto& before = in.changes()[i - 1];
      const auto& after = in.changes()[i];
      const auto jump = after.offset_us - before.offset_us;
      if (jump <= 0) continue;
      const auto wall_us = after.at.us + before.offset_us + jump / 2;
      const auto resolved = in.to_utc(wall_us);
      ASSERT_EQ(resolved.kind, Kind::gap) << name << " " << to_string(after.at);
      ASSERT_EQ(in.to_local(resolved.at), wall_us + jump) << name << " " << to_string(after.at);
    }
  }
}

}  // namespace
}  // namespace deskhouse
