// Business calendars. Pure: the zone comes in as a value, time as arguments. Immutable once made,
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"

namespace deskhouse::core {

// Open from..to, in minutes of the local day; 0 <= from < to <= 1440.
struct OpenHours {
  int from_minute = 0;
  int to_minute = 1440;
};

struct Holiday {
  int year = 0;  // 0: every year
  unsigned month = 1;
  unsigned day = 1;
};

// What deskhouse.toml says of a calendar. Holidays are whole local days.
struct CalendarSpec {
  std::string name = "24x7";
  TimeZone zone;
  std::array<std::vector<OpenHours>, 7> week;  // [0] = Monday
  std::vector<Holiday> holidays;
  bool always_open = true;  // 24x7: week and holidays are not looked at
};

// An instant is open when the clock on the wall then shows open hours of a day that is no holiday. So hours
// that clocks skip count nothing, hours that they repeat count twice, and a local day of 23 or 25 hours
// counts what really passed. The calendar ends at 2151-01-01Z; before 1970 and after that it is closed,
// unless always open.
class Calendar {
 public:
  Calendar() = default;  // 24x7
  // Fails on overlapping or empty hours, on a week that is never open, on an impossible holiday.
  static Result<Calendar> make(CalendarSpec spec);

  const std::string& name() const { return spec_.name; }
  const CalendarSpec& spec() const { return spec_; }
  bool always_open() const { return spec_.always_open; }
  // Whether a local day is one of the spec's holidays; for dim_time, so also answered when always open.
  bool is_holiday(Date local_day) const;

  // Real microseconds within [from, to) in which the calendar is open; 0 if to <= from. O(1).
  std::int64_t open_us(Timestamp from, Timestamp to) const {
    if (to <= from) return 0;
    return spec_.always_open ? to.us - from.us : open_until(to) - open_until(from);
  }

  // The earliest t >= from with open_us(from, t) == wanted_us; none if that is after 2150. O(log days).
  // REQUIRES wanted_us >= 0.
  std::optional<Timestamp> add_open_us(Timestamp from, std::int64_t wanted_us) const {
    DH_ASSERT(wanted_us >= 0, "open time is added, never taken away");
    if (!spec_.always_open) return add_hours_us(from, wanted_us);
    if (from >= kEnd || wanted_us > kEnd.us - from.us) return std::nullopt;
    return Timestamp{from.us + wanted_us};
  }

  // The open spans within [from, to), in order, as instants, none touching the next. O(days); for the minute
  // ledger of explain sla.
  struct Span {
    Timestamp from, to;
    bool operator==(const Span&) const = default;
  };
  std::vector<Span> open_spans(Timestamp from, Timestamp to) const;

 private:
  static constexpr Timestamp kEnd{5'711'817'600 * kMicrosPerSecond};  // 2151-01-01Z
  void count_days();
  void count_changes();
  std::int64_t local_open_until(std::int64_t local_us) const;
  std::int64_t local_time_of(std::int64_t local_open_us, std::size_t first_day) const;
  std::int64_t open_until(Timestamp t) const;
  std::optional<Timestamp> add_hours_us(Timestamp from, std::int64_t wanted_us) const;
  const std::vector<OpenHours>& hours_of(std::size_t day) const;

  CalendarSpec spec_;
  // The rest is empty when always open. Open microseconds on the wall before each local day, from kFirstDay.
  std::vector<std::int64_t> open_before_day_;
  // By index into spec_.zone.changes(): open microseconds before the offset came into force, and what is to
  // be added to the wall's count to get the real one while it is in force.
  std::vector<std::int64_t> open_before_change_, wall_to_real_;
};

}  // namespace deskhouse::core
