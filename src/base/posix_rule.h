// The rule with which a zone file goes on after its last listed change: a POSIX TZ text such as
// "CET-1CEST,M3.5.0,M10.5.0/3". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/values.h"

namespace deskhouse {

class PosixRule {
 public:
  static std::optional<PosixRule> parse(std::string_view text);

  struct Change {
    std::int64_t at_s;  // seconds since 1970
    std::int64_t offset_s;
  };
  // All changes of the years [first, last], in order; none when the rule has no summer time.
  std::vector<Change> changes(int first_year, int last_year) const;
  std::int64_t standard_offset_s() const { return standard_s_; }

  // A day of each year, and a time of that day which may lie days before or after it (-167 h to 167 h).
  struct YearlyDay {
    enum class Kind { month_week, julian_without_leap_day, day_of_year } kind = Kind::month_week;
    int month = 1, week = 1;  // week 5: the last one
    int day = 0;              // weekday (0 = Sunday) or day of the year
    std::int64_t time_s = 2 * 3600;
  };

 private:
  std::int64_t standard_s_ = 0;
  struct Summer {
    std::int64_t offset_s;
    YearlyDay begin, end;
  };
  std::optional<Summer> summer_;
};

}  // namespace deskhouse
