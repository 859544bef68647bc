#include "base/values.h"

#include <fmt/format.h>

namespace deskhouse {

Date from_civil(CivilDate c) {
  const int y = c.year - (c.month <= 2 ? 1 : 0);
  const int era = (y >= 0 ? y : y - 399) / 400;
  const unsigned yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (c.month + (c.month > 2 ? -3u : 9u)) + 2) / 5 + c.day - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return Date{era * 146097 + static_cast<int>(doe) - 719468};
}

CivilDate to_civil(Date date) {
  const int z = date.days + 719468;
  const int era = (z >= 0 ? z : z - 146096) / 146097;
  const unsigned doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return CivilDate{static_cast<int>(yoe) + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1};
}

bool is_valid(CivilDate c) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (c.month < 1 || c.month > 12 || c.day < 1) return false;
  const bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
  return c.day <= kDays[c.month - 1] + (c.month == 2 && leap ? 1u : 0u);
}

std::string to_string(Date d) {
  const auto c = to_civil(d);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

std::string to_string(Timestamp t) {
  const std::int64_t in_day = t.us - std::int64_t{utc_day(t).days} * kMicrosPerDay;
  const std::int64_t seconds = in_day / kMicrosPerSecond, fraction = in_day % kMicrosPerSecond;
  auto text =
      fmt::format("{}T{:02}:{:02}:{:02}", to_string(utc_day(t)), seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction != 0) text += fmt::format(".{:06}", fraction);
  return text + "Z";
}

std::string to_string(Decimal d) {
  const bool negative = d.units < 0;
  const auto magnitude = negative ? 0 - static_cast<std::uint64_t>(d.units) : static_cast<std::uint64_t>(d.units);
  auto text = fmt::format("{}{}.{:04}", negative ? "-" : "", magnitude / Decimal::kOne, magnitude % Decimal::kOne);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

namespace {

// Reads exactly `digits` decimal digits at `at`; -1 if there are not that many.
int read_digits(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::optional<Date> parse_iso_date(std::string_view text) {
  const int y = read_digits(text, 0, 4), m = read_digits(text, 5, 2), d = read_digits(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || y < 0 || m < 0 || d < 0) return std::nullopt;
  const CivilDate civil{y, static_cast<unsigned>(m), static_cast<unsigned>(d)};
  if (!is_valid(civil)) return std::nullopt;
  return from_civil(civil);
}

std::optional<Timestamp> parse_iso_timestamp(std::string_view text) {
  if (text.size() < 17) return std::nullopt;
  const auto date = parse_iso_date(text.substr(0, 10));
  if (!date || (text[10] != 'T' && text[10] != ' ' && text[10] != 't')) return std::nullopt;
  const int hour = read_digits(text, 11, 2), minute = read_digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text[13] != ':') return std::nullopt;
  std::size_t at = 16;
  int second = 0;
  std::int64_t fraction = 0;
  if (at < text.size() && text[at] == ':') {
    second = read_digits(text, at + 1, 2);
    if (second < 0 || second > 59) return std::nullopt;
    at += 3;
    if (at < text.size() && text[at] == '.') {
      std::int64_t unit = 100'000;
      std::size_t digits = 0;
      for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits, unit /= 10)
        fraction += (text[at] - '0') * unit;
      if (digits == 0) return std::nullopt;
    }
  }
  std::int64_t offset_minutes = 0;
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) {
  } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int sign = text[at] == '-' ? -1 : 1;
    const int oh = read_digits(text, at + 1, 2);
    int om = 0;
    if (text.size() == at + 6 && text[at + 3] == ':')
      om = read_digits(text, at + 4, 2);
    else if (text.size() == at + 5)
      om = read_digits(text, at + 3, 2);
    else if (text.size() != at + 3)
      return std::nullopt;
    if (oh < 0 || oh > 18 || om < 0 || om > 59) return std::nullopt;
    offset_minutes = sign * (oh * 60 + om);
  } else {
    return std::nullopt;
  }
  return Timestamp{std::int64_t{date->days} * kMicrosPerDay + hour * kMicrosPerHour +
                   (minute - offset_minutes) * kMicrosPerMinute + second * kMicrosPerSecond + fraction};
}

}  // namespace deskhouse
