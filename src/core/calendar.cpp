#include "core/calendar.h"

#include <fmt/format.h>

#include <algorithm>

namespace deskhouse::core {
namespace {

constexpr int kFirstYear = 1970, kEndYear = 2151;
constexpr Timestamp kStart{0};
// The local days that the instants from kStart to kEnd can fall on, whatever the zone.
constexpr std::int64_t kFirstDay = -2;
constexpr std::int64_t kEndDay = 66'109;
constexpr std::int64_t kDays = kEndDay + 2 - kFirstDay;
static_assert(floor_div(kFirstDay + 3, 7) == 0, "weekday_of() must not see a negative number");

constexpr const char* kDayNames[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

// 0 = Monday; 1970-01-01 was a Thursday. `day` counts from kFirstDay.
constexpr std::size_t weekday_of(std::size_t day) {
  return (day + static_cast<std::size_t>(kFirstDay + 3)) % 7;
}

std::int64_t length_us(OpenHours hours) {
  return (hours.to_minute - hours.from_minute) * kMicrosPerMinute;
}

std::string clock_text(OpenHours hours) {
  return fmt::format("{:02}:{:02}-{:02}:{:02}", hours.from_minute / 60, hours.from_minute % 60, hours.to_minute / 60,
                     hours.to_minute % 60);
}

// Sorts the hours of each day and joins those that touch.
Status normalise_week(CalendarSpec& spec) {
  bool ever_open = false;
  for (std::size_t day = 0; day < spec.week.size(); ++day) {
    std::vector<OpenHours> joined;
    std::ranges::sort(spec.week[day], {}, &OpenHours::from_minute);
    for (const auto hours : spec.week[day]) {
      if (hours.from_minute < 0 || hours.from_minute >= hours.to_minute || hours.to_minute > 1440) {
        return fail(Error::Kind::config,
                    fmt::format("calendar \"{}\", {}: the hours {} are not open at all: write from before to, "
                                "within 00:00-24:00; hours over midnight go into two days",
                                spec.name, kDayNames[day], clock_text(hours)));
      }
      if (!joined.empty() && hours.from_minute < joined.back().to_minute) {
        return fail(Error::Kind::config,
                    fmt::format("calendar \"{}\", {}: the hours {} and {} overlap: write them as one", spec.name,
                                kDayNames[day], clock_text(joined.back()), clock_text(hours)));
      }
      if (!joined.empty() && hours.from_minute == joined.back().to_minute)
        joined.back().to_minute = hours.to_minute;
      else
        joined.push_back(hours);
      ever_open = true;
    }
    spec.week[day] = std::move(joined);
  }
  if (!ever_open) {
    return fail(Error::Kind::config, fmt::format("calendar \"{}\" is never open: give at least one day hours, such "
                                                 "as monday = [\"09:00-17:00\"]",
                                                 spec.name));
  }
  return {};
}

Status check_holidays(const CalendarSpec& spec) {
  for (const auto& holiday : spec.holidays) {
    // A yearly 29 February is a day in leap years only.
    const CivilDate civil{holiday.year == 0 ? 2000 : holiday.year, holiday.month, holiday.day};
    if (!is_valid(civil) || civil.year < kFirstYear || civil.year >= kEndYear) {
      const auto month_day = fmt::format("{:02}-{:02}", holiday.month, holiday.day);
      return fail(
          Error::Kind::config,
          fmt::format("calendar \"{}\": there is no holiday {}: write a date from 1970 to 2150 such as "
                      "\"2024-12-25\", or \"12-25\" for every year",
                      spec.name, holiday.year == 0 ? month_day : fmt::format("{:04}-{}", holiday.year, month_day)));
    }
  }
  return {};
}

}  // namespace

Result<Calendar> Calendar::make(CalendarSpec spec) {
  DH_TRY(check_holidays(spec));
  Calendar calendar;
  if (!spec.always_open) DH_TRY(normalise_week(spec));
  calendar.spec_ = std::move(spec);
  if (!calendar.spec_.always_open) {
    calendar.count_days();
    calendar.count_changes();
  }
  return calendar;
}

bool Calendar::is_holiday(Date local_day) const {
  const auto civil = to_civil(local_day);
  return std::ranges::any_of(spec_.holidays, [&](const Holiday& holiday) {
    return (holiday.year == 0 || holiday.year == civil.year) && holiday.month == civil.month &&
           holiday.day == civil.day;
  });
}

void Calendar::count_days() {
  static_assert(kEnd.us == kEndDay * kMicrosPerDay);
  std::vector<std::int64_t> open_on_day(kDays);
  for (std::size_t day = 0; day < open_on_day.size(); ++day)
    for (const auto hours : hours_of(day)) open_on_day[day] += length_us(hours);

  const auto close = [&](CivilDate civil) {
    if (!is_valid(civil)) return;
    const auto day = static_cast<std::size_t>(from_civil(civil).days - kFirstDay);
    if (day < open_on_day.size()) open_on_day[day] = 0;
  };
  for (const auto& holiday : spec_.holidays) {
    if (holiday.year != 0) close({holiday.year, holiday.month, holiday.day});
    // From the last days of 1969, on which an instant of 1970 can fall, to the first of 2151.
    for (int year = kFirstYear - 1; holiday.year == 0 && year <= kEndYear; ++year)
      close({year, holiday.month, holiday.day});
  }

  open_before_day_.assign(1, 0);
  open_before_day_.reserve(open_on_day.size() + 1);
  for (const auto open : open_on_day) open_before_day_.push_back(open_before_day_.back() + open);
}

void Calendar::count_changes() {
  std::int64_t open = 0;
  const auto changes = spec_.zone.changes();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto begin = std::clamp(changes[i].at, kStart, kEnd);
    const auto end = i + 1 < changes.size() ? std::clamp(changes[i + 1].at, kStart, kEnd) : kEnd;
    const auto wall_begin = local_open_until(begin.us + changes[i].offset_us);
    open_before_change_.push_back(open);
    wall_to_real_.push_back(open - wall_begin);
    open += local_open_until(end.us + changes[i].offset_us) - wall_begin;
  }
}

const std::vector<OpenHours>& Calendar::hours_of(std::size_t day) const {
  return spec_.week[weekday_of(day)];
}

// Open time on the wall before a local time, as if clocks never changed.
std::int64_t Calendar::local_open_until(std::int64_t local_us) const {
  const auto since_us = static_cast<std::uint64_t>(local_us - kFirstDay * kMicrosPerDay);
  const auto day = static_cast<std::size_t>(since_us / kMicrosPerDay);
  const std::int64_t before = open_before_day_[day];
  if (open_before_day_[day + 1] == before) return before;  // closed, or a holiday whatever its weekday
  const auto of_day_us = static_cast<std::int64_t>(since_us % kMicrosPerDay);
  std::int64_t open = before;
  for (const auto hours : hours_of(day)) {
    const auto begin_us = hours.from_minute * kMicrosPerMinute;
    if (of_day_us <= begin_us) break;
    open += std::min(of_day_us - begin_us, length_us(hours));
  }
  return open;
}

// The inverse: the earliest local time before which the wall shows that much open time, which is positive and
// lies not before `first_day`.
std::int64_t Calendar::local_time_of(std::int64_t local_open_us, std::size_t first_day) const {
  // Targets are hours or days away, so the search starts near and doubles its reach.
  std::size_t low = first_day, reach = 1;
  while (low + reach < open_before_day_.size() && open_before_day_[low + reach] < local_open_us) {
    low += reach;
    reach *= 2;
  }
  const auto begin = open_before_day_.begin();
  const auto limit = std::min(low + reach + 1, open_before_day_.size());
  const auto after = std::lower_bound(begin + static_cast<std::ptrdiff_t>(low),
                                      begin + static_cast<std::ptrdiff_t>(limit), local_open_us);
  const auto day = static_cast<std::size_t>(after - begin) - 1;

  std::int64_t rest_us = local_open_us - open_before_day_[day];
  for (const auto hours : hours_of(day)) {
    if (rest_us <= length_us(hours)) {
      return (static_cast<std::int64_t>(day) + kFirstDay) * kMicrosPerDay + hours.from_minute * kMicrosPerMinute +
             rest_us;
    }
    rest_us -= length_us(hours);
  }
  DH_ASSERT(false, "a day has as much open time as its hours add up to");
  return 0;
}

std::int64_t Calendar::open_until(Timestamp t) const {
  const auto at = std::clamp(t, kStart, kEnd);
  const auto change = spec_.zone.index_at(at);
  return wall_to_real_[change] + local_open_until(at.us + spec_.zone.changes()[change].offset_us);
}

std::optional<Timestamp> Calendar::add_hours_us(Timestamp from, std::int64_t wanted_us) const {
  if (wanted_us == 0) return from;
  if (wanted_us > open_before_day_.back()) return std::nullopt;
  const auto start = std::clamp(from, kStart, kEnd);
  const std::int64_t target_us = open_until(start) + wanted_us;
  if (target_us > open_until(kEnd)) return std::nullopt;

  // The offset in force when the target is reached is the last one that came with less open time than that.
  auto change = spec_.zone.index_at(start);
  if (change + 1 < open_before_change_.size() && open_before_change_[change + 1] < target_us) {
    const auto next = open_before_change_.begin() + static_cast<std::ptrdiff_t>(change) + 1;
    const auto first_not_before = std::lower_bound(next, open_before_change_.end(), target_us);
    change = static_cast<std::size_t>(first_not_before - open_before_change_.begin()) - 1;
  }
  const auto& offset = spec_.zone.changes()[change];
  const auto local_start_us = std::max(start, offset.at).us + offset.offset_us;
  const auto first_day = static_cast<std::size_t>(floor_div(local_start_us, kMicrosPerDay) - kFirstDay);
  return Timestamp{local_time_of(target_us - wall_to_real_[change], first_day) - offset.offset_us};
}

std::vector<Calendar::Span> Calendar::open_spans(Timestamp from, Timestamp to) const {
  if (to <= from) return {};
  if (spec_.always_open) return {{from, to}};
  std::vector<Span> spans;
  const auto add = [&](Span span) {
    if (span.to <= span.from) return;
    if (!spans.empty() && spans.back().to == span.from)
      spans.back().to = span.to;
    else
      spans.push_back(span);
  };
  const auto start = std::clamp(from, kStart, kEnd), end = std::clamp(to, kStart, kEnd);
  const auto changes = spec_.zone.changes();
  for (auto i = spec_.zone.index_at(start); i < changes.size() && changes[i].at < end; ++i) {
    const Span in_force{std::max(start, changes[i].at),
                        i + 1 < changes.size() ? std::min(end, changes[i + 1].at) : end};
    const auto day_of = [&](Timestamp t) { return floor_div(t.us + changes[i].offset_us, kMicrosPerDay); };
    for (auto day = day_of(in_force.from); day <= day_of(in_force.to); ++day) {
      const auto index = static_cast<std::size_t>(day - kFirstDay);
      if (open_before_day_[index + 1] == open_before_day_[index]) continue;
      for (const auto hours : hours_of(index)) {
        const auto midnight_us = day * kMicrosPerDay - changes[i].offset_us;
        add({std::max(in_force.from, Timestamp{midnight_us + hours.from_minute * kMicrosPerMinute}),
             std::min(in_force.to, Timestamp{midnight_us + hours.to_minute * kMicrosPerMinute})});
      }
    }
  }
  return spans;
}

}  // namespace deskhouse::core
