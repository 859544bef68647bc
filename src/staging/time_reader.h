// Date-times of one field: the declared formats in order, then the zone, then the range (spec 3, steps 2 and
// 3).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.h"
#include "base/values.h"
#include "staging/time_format.h"

namespace deskhouse::staging {

class TimeReader {
 public:
  TimeReader() = default;  // reads nothing
  // No formats: "iso". `override_zone`: a written Z or offset is ignored, the clock's reading is of `zone`.
  static std::expected<TimeReader, std::string> make(const std::vector<std::string>& formats, TimeZone zone,
                                                     bool override_zone);

  struct Value {
    Timestamp at;
    std::int64_t clock_us = 0;  // as written
    std::size_t format = 0;     // index into format_names()
    bool ambiguous = false;     // in a gap or overlap of the zone
    bool changed = false;       // not ISO 8601 in UTC
  };
  // False: no format reads it within 1970..2100; fault() says why. Allocates nothing.
  bool read(std::string_view text, Value& out) const;
  // The day that the clock showed; of an epoch number, the day in the zone.
  bool read_day(std::string_view text, Date& day, Value& out) const;
  std::string fault(std::string_view text) const;

  // The declared formats, then "iso without zone".
  const std::vector<std::string>& format_names() const { return names_; }

 private:
  ReadFault read_with(std::size_t format, std::string_view text, ClockTime& clock, Value& out) const;
  std::vector<TimeFormat> formats_;
  std::vector<std::string> names_{"iso without zone"};
  TimeZone zone_;
  bool override_zone_ = false;
};

}  // namespace deskhouse::staging
