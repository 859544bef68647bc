// Random calendars in zones with every kind of change, against a recomputation minute by minute.
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

struct RandomCalendar {
  Calendar calendar;
  CalendarSpec spec;
};

// Loaded once: a property asks for them hundreds of times.
const std::vector<TimeZone>& zones() {
  static const std::vector<TimeZone> loaded = [] {
    std::vector<TimeZone> all;
    for (const auto* name : {"Asia/Seoul", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "UTC",
                             "America/Sao_Paulo", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca"})
      all.push_back(zone(name));
    return all;
  }();
  return loaded;
}

// Cuts the day at an even number of distinct minutes: open between the first two, the next two, and so on.
std::vector<OpenHours> any_hours() {
  std::set<int> cuts;
  for (int i = *rc::gen::inRange(0, 7); i > 0; --i) cuts.insert(*rc::gen::inRange(0, 1441));
  std::vector<OpenHours> hours;
  for (auto cut = cuts.begin(); cut != cuts.end() && std::next(cut) != cuts.end(); std::advance(cut, 2))
    hours.push_back({*cut, *std::next(cut)});
  return hours;
}

// An instant near a change of the clocks more often than not.
Timestamp any_minute(const TimeZone& in) {
  const auto changes = in.changes();
  std::int64_t us = *rc::gen::inRange<std::int64_t>(0, kEndTimestamp.us);
  if (changes.size() > 1 && *rc::gen::inRange(0, 4) > 0)
    us = changes[*rc::gen::inRange<std::size_t>(1, changes.size())].at.us +
         *rc::gen::inRange<std::int64_t>(-3 * kMicrosPerDay, kMicrosPerDay);
  return {floor_div(us, kMicrosPerMinute) * kMicrosPerMinute};
}

RandomCalendar any_calendar(Timestamp near) {
  CalendarSpec spec;
  spec.always_open = false;
  spec.zone = *rc::gen::elementOf(zones());
  for (auto& day : spec.week) day = any_hours();
  if (std::ranges::all_of(spec.week, [](const auto& day) { return day.empty(); })) spec.week[2] = {{0, 1440}};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const auto civil = to_civil(Date{utc_day(near).days + *rc::gen::inRange(-3, 6)});
    const bool yearly = *rc::gen::arbitrary<bool>();
    if (civil.year >= 1970) spec.holidays.push_back({yearly ? 0 : civil.year, civil.month, civil.day});
  }
  return {make(spec), spec};
}

bool is_open(const CalendarSpec& spec, Timestamp t) {
  const auto local_us = spec.zone.to_local(t);
  const auto day = floor_div(local_us, kMicrosPerDay);
  const auto minute = (local_us - day * kMicrosPerDay) / kMicrosPerMinute;
  const auto civil = to_civil(Date{static_cast<std::int32_t>(day)});
  for (const auto& holiday : spec.holidays)
    if ((holiday.year == 0 || holiday.year == civil.year) && holiday.month == civil.month && holiday.day == civil.day)
      return false;
  const auto weekday = static_cast<std::size_t>(((day + 3) % 7 + 7) % 7);
  return std::ranges::any_of(
      spec.week[weekday], [&](const OpenHours& open) { return open.from_minute <= minute && minute < open.to_minute; });
}

TEST(CalendarProperty, AgreesWithCountingMinuteByMinute) {
  std::int64_t open_seen = 0, closed_seen = 0;
  EXPECT_TRUE(rc::check("open_us and open_spans == minutes counted", [&] {
    const auto from = any_minute(*rc::gen::elementOf(zones()));
    const auto [calendar, spec] = any_calendar(from);
    const Timestamp to{from.us + minutes(*rc::gen::inRange(0, 5 * 1440))};
    std::int64_t expected = 0;
    for (auto t = from; t < to; t.us += kMicrosPerMinute) expected += is_open(spec, t) ? kMicrosPerMinute : 0;
    RC_ASSERT(calendar.open_us(from, to) == expected);

    std::int64_t in_spans = 0;
    Timestamp last{INT64_MIN};
    for (const auto& span : calendar.open_spans(from, to)) {
      RC_ASSERT(last < span.from && span.from < span.to && from <= span.from && span.to <= to);
      RC_ASSERT(is_open(spec, span.from) && is_open(spec, Timestamp{span.to.us - 1}));
      RC_ASSERT(span.to == to || !is_open(spec, span.to));
      in_spans += span.to.us - span.from.us;
      last = span.to;
    }
    RC_ASSERT(in_spans == expected);
    open_seen += expected;
    closed_seen += to.us - from.us - expected;
  }));
  EXPECT_GT(open_seen, hours(24));
  EXPECT_GT(closed_seen, hours(24));
}

TEST(CalendarProperty, IsAdditive) {
  EXPECT_TRUE(rc::check("open(a, c) == open(a, b) + open(b, c)", [] {
    const auto a = any_minute(*rc::gen::elementOf(zones()));
    const auto random = any_calendar(a);
    const Timestamp b{a.us + *rc::gen::inRange<std::int64_t>(0, 500 * kMicrosPerDay)};
    const Timestamp c{b.us + *rc::gen::inRange<std::int64_t>(0, 20 * kMicrosPerDay)};
    const auto& calendar = random.calendar;
    RC_ASSERT(calendar.open_us(a, c) == calendar.open_us(a, b) + calendar.open_us(b, c));
    RC_ASSERT(calendar.open_us(c, a) == 0);
  }));
}

TEST(CalendarProperty, AddIsTheEarliestInverse) {
  int reached_count = 0;
  EXPECT_TRUE(rc::check("open(from, add(from, w)) == w, and no earlier instant has it", [&] {
    const auto from = any_minute(*rc::gen::elementOf(zones()));
    const auto random = any_calendar(from);
    const auto wanted_us = *rc::gen::inRange<std::int64_t>(0, *rc::gen::element(hours(30), hours(3000)));
    const auto reached = random.calendar.add_open_us(from, wanted_us);
    RC_PRE(reached.has_value());
    ++reached_count;
    RC_ASSERT(*reached >= from);
    RC_ASSERT(random.calendar.open_us(from, *reached) == wanted_us);
    if (wanted_us > 0) RC_ASSERT(random.calendar.open_us(from, Timestamp{reached->us - 1}) == wanted_us - 1);
  }));
  EXPECT_GT(reached_count, 50);
}

TEST(CalendarProperty, AllHoursOfAllDaysAreAlwaysOpen) {
  EXPECT_TRUE(rc::check("a week of 24 hours == 24x7", [] {
    const auto& in = *rc::gen::elementOf(zones());
    CalendarSpec spec;
    spec.zone = in;
    spec.always_open = false;
    spec.week.fill({{0, 1440}});
    const auto calendar = make(spec);
    const auto from = any_minute(in);
    RC_PRE(from >= kMinTimestamp);
    const auto wanted_us = *rc::gen::inRange<std::int64_t>(0, 1000 * kMicrosPerDay);
    RC_ASSERT(calendar.add_open_us(from, wanted_us) == Calendar().add_open_us(from, wanted_us));
    RC_ASSERT(calendar.open_us(from, Timestamp{from.us + wanted_us}) == wanted_us);
  }));
}

}  // namespace
}  // namespace deskhouse::core
