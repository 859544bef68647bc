// Business calendars. Pure: the zone comes in as a value, time as arguments. Immutable once made, thread-safe.
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

// What deskhouse.toml says of a calendar.
struct CalendarSpec {
  std::string name = "24x7";
  TimeZone zone;
  std::array<std::vector<OpenHours>, 7> week;  // [0] = Monday
  std::vector<Holiday> holidays;
  bool always_open = true;  // 24x7: week and holidays are not looked at
};

class Calendar {
 public:
  Calendar() = default;  // 24x7
  // Fails on overlapping or empty hours, on a week that is never open, on an impossible holiday.
  static Result<Calendar> make(CalendarSpec spec);

  const std::string& name() const { return spec_.name; }
  bool always_open() const { return spec_.always_open; }

  // Real microseconds within [from, to) in which the calendar is open; 0 if to <= from. A local day that
  // clocks make 23 or 25 hours long counts what really passed. O(days), or O(1) when always open.
  std::int64_t open_us(Timestamp from, Timestamp to) const;

  // The earliest t >= from with open_us(from, t) == open_us_wanted; none if that is after 2150.
  std::optional<Timestamp> add_open_us(Timestamp from, std::int64_t open_us_wanted) const;

  // The open spans within [from, to), in order, as instants; for the minute ledger of explain sla.
  struct Span {
    Timestamp from, to;
  };
  std::vector<Span> open_spans(Timestamp from, Timestamp to) const;

 private:
  CalendarSpec spec_;
};

}  // namespace deskhouse::core
