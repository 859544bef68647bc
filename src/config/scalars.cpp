#include "config/scalars.h"

#include "base/parse.h"

namespace deskhouse::config {
namespace {

// Exactly two digits.
int two_digits(std::string_view text) {
  if (text.size() != 2) return -1;
  for (const char c : text)
    if (c < '0' || c > '9') return -1;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

int minute_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hour = two_digits(text.substr(0, 2)), minute = two_digits(text.substr(3));
  if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > 1440) return -1;
  return hour * 60 + minute;
}

}  // namespace

std::optional<std::int64_t> parse_duration_seconds(std::string_view text) {
  if (text.size() < 2 || text[0] < '0' || text[0] > '9') return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  constexpr std::int64_t kLongest = 36'525LL * 86'400;  // a century: more is a slip of the hand
  const auto count = parse_integer(text.substr(0, text.size() - 1));
  if (!count.ok() || count.value <= 0 || count.value > kLongest / unit) return std::nullopt;
  return count.value * unit;
}

std::optional<core::OpenHours> parse_hours(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const int from = minute_of_day(text.substr(0, 5)), to = minute_of_day(text.substr(6));
  if (from < 0 || to <= from) return std::nullopt;
  return core::OpenHours{from, to};
}

std::optional<core::Holiday> parse_holiday(std::string_view text) {
  if (text.size() == 7 && text.starts_with("--") && text[4] == '-') {
    constexpr int kLeapYear = 2000;  // --02-29 is a day of some years
    const int month = two_digits(text.substr(2, 2)), day = two_digits(text.substr(5));
    if (month < 0 || day < 0) return std::nullopt;
    const CivilDate civil{kLeapYear, static_cast<unsigned>(month), static_cast<unsigned>(day)};
    if (!is_valid(civil)) return std::nullopt;
    return core::Holiday{0, civil.month, civil.day};
  }
  const auto date = parse_iso_date(text);
  if (!date) return std::nullopt;
  const auto civil = to_civil(*date);
  return core::Holiday{civil.year, civil.month, civil.day};
}

}  // namespace deskhouse::config
