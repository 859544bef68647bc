// The parts of a written date-time and what they amount to; shared by the readers of time_format.cpp and
// iso_time.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "staging/time_format.h"

namespace deskhouse::staging {

struct CivilFields {
  std::int64_t year = -1, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
  std::int64_t offset_us = 0;
  bool has_offset = false;
};

// Checks the fields against calendar and clock (no 31 February, no second 60) and 1970..2100.
ReadFault to_clock(const CivilFields& fields, ClockTime& out);

// ISO 8601 with date; optionally time after T or white space, fraction, Z or an offset. The whole text.
ReadFault read_iso(std::string_view text, ClockTime& out);

// At `at`, advancing it: an offset Z, +hh, +hhmm, +hh:mm (also with white space before it). False: none
// there.
bool take_offset(std::string_view text, std::size_t& at, CivilFields& fields);
// One to nine digits of a fraction of a second.
bool take_fraction(std::string_view text, std::size_t& at, CivilFields& fields);

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace deskhouse::staging
