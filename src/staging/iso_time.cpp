#include "base/values.h"
#include "staging/civil_fields.h"
#include "staging/text.h"

namespace deskhouse::staging {
namespace {

constexpr std::size_t kUsualSize = std::string_view("2024-03-05T14:07:09").size();
constexpr std::int64_t kFirstYear = 1970, kLastYear = 2100;

// Exactly two digits.
bool take_two(std::string_view text, std::size_t& at, std::int64_t& value) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return false;
  value = (text[at] - '0') * 10 + (text[at + 1] - '0');
  at += 2;
  return true;
}

bool take_char(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

// Four digits or more: year 20245 is to be named, not to be called unreadable.
bool take_year(std::string_view text, std::size_t& at, std::int64_t& year) {
  constexpr std::size_t kMostDigits = 9;
  std::size_t digits = 0;
  year = 0;
  for (; at < text.size() && is_digit(text[at]) && digits < kMostDigits; ++at, ++digits)
    year = year * 10 + (text[at] - '0');
  return digits >= 4;
}

bool take_clock(std::string_view text, std::size_t& at, CivilFields& f) {
  if (!take_two(text, at, f.hour) || !take_char(text, at, ':') || !take_two(text, at, f.minute)) return false;
  if (!take_char(text, at, ':')) return true;
  if (!take_two(text, at, f.second)) return false;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) return take_fraction(text, ++at, f);
  return true;
}

// "2024-03-05T14:07:09" in one go: no branch but the last. On false the fields are of no use.
bool take_usual(std::string_view text, CivilFields& f) {
  if (text.size() < kUsualSize) return false;
  unsigned worst = 0;
  const auto number = [&](std::size_t at) {
    const auto tens = static_cast<unsigned>(text[at] - '0'), ones = static_cast<unsigned>(text[at + 1] - '0');
    worst |= (tens > 9) | (ones > 9);
    return std::int64_t{tens * 10 + ones};
  };
  f.year = number(0) * 100 + number(2);
  f.month = number(5);
  f.day = number(8);
  f.hour = number(11);
  f.minute = number(14);
  f.second = number(17);
  const bool marks =
      text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':' && (text[10] == 'T' || text[10] == ' ');
  return worst == 0 && marks;
}

bool take_date(std::string_view text, std::size_t& at, CivilFields& f) {
  return take_year(text, at, f.year) && take_char(text, at, '-') && take_two(text, at, f.month) &&
         take_char(text, at, '-') && take_two(text, at, f.day);
}

}  // namespace

bool take_fraction(std::string_view text, std::size_t& at, CivilFields& fields) {
  constexpr int kMostDigits = 9, kMicroDigits = 6;
  int digits = 0;
  fields.micros = 0;
  for (; at < text.size() && is_digit(text[at]) && digits < kMostDigits; ++at, ++digits)
    if (digits < kMicroDigits) fields.micros = fields.micros * 10 + (text[at] - '0');
  for (int i = digits; i < kMicroDigits; ++i) fields.micros *= 10;
  return digits > 0;
}

bool take_offset(std::string_view text, std::size_t& at, CivilFields& fields) {
  constexpr std::int64_t kMostHours = 18, kMinutes = 60;
  std::size_t from = at;
  while (from < text.size() && is_blank(text[from])) ++from;
  if (from >= text.size()) return false;
  fields.has_offset = true;
  fields.offset_us = 0;
  if (text[from] == 'Z' || text[from] == 'z') {
    at = from + 1;
    return true;
  }
  if (text[from] != '+' && text[from] != '-') return false;
  const bool west = text[from] == '-';
  std::int64_t hours = 0, minutes = 0;
  if (!take_two(text, ++from, hours)) return false;
  const bool colon = take_char(text, from, ':');
  if (!take_two(text, from, minutes) && colon) return false;
  if (hours > kMostHours || minutes >= kMinutes) return false;
  const auto offset_us = hours * kMicrosPerHour + minutes * kMicrosPerMinute;
  fields.offset_us = west ? -offset_us : offset_us;
  at = from;
  return true;
}

ReadFault to_clock(const CivilFields& f, ClockTime& out) {
  if (f.hour > 23 || f.minute > 59 || f.second > 59) return ReadFault::no_match;
  if (f.year == 0 && f.month == 0 && f.day == 0) return ReadFault::zero_date;
  out.year = f.year;
  const bool in_range = f.year >= kFirstYear && f.year <= kLastYear;
  // A leap year stands in for a year that cannot be represented: 29 February is then given the benefit.
  const CivilDate civil{in_range ? static_cast<int>(f.year) : 2000, static_cast<unsigned>(f.month),
                        static_cast<unsigned>(f.day)};
  if (!is_valid(civil)) return ReadFault::no_match;
  if (!in_range) return ReadFault::year;
  out.clock_us = std::int64_t{from_civil(civil).days} * kMicrosPerDay + f.hour * kMicrosPerHour +
                 f.minute * kMicrosPerMinute + f.second * kMicrosPerSecond + f.micros;
  out.has_offset = f.has_offset;
  out.offset_us = f.offset_us;
  out.is_epoch = false;
  return ReadFault::none;
}

ReadFault read_iso(std::string_view text, ClockTime& out) {
  CivilFields f;
  std::size_t at = 0;
  if (take_usual(text, f)) {
    at = kUsualSize;
    if (at < text.size() && (text[at] == '.' || text[at] == ',') && !take_fraction(text, ++at, f))
      return ReadFault::no_match;
  } else if (f = {}; !take_date(text, at, f)) {
    return ReadFault::no_match;
  } else if (at < text.size()) {
    if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') return ReadFault::no_match;
    if (!take_clock(text, ++at, f)) return ReadFault::no_match;
  }
  if (at < text.size() && (!take_offset(text, at, f) || at != text.size())) return ReadFault::no_match;
  return to_clock(f, out);
}

}  // namespace deskhouse::staging
