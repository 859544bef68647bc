// The scalar types of every row. Strong types, so that minutes are never mistaken for microseconds.
// All are trivially copyable, ordered, and free of I/O.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deskhouse {

// An instant, UTC, microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t us = 0;
  auto operator<=>(const Timestamp&) const = default;
};

// A calendar day, days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};

// An exact number with four decimals (DECIMAL(18,4)): money, minutes, scores. `units` = value * 10,000.
struct Decimal {
  std::int64_t units = 0;
  static constexpr int kScale = 4;
  static constexpr std::int64_t kOne = 10'000;
  auto operator<=>(const Decimal&) const = default;
};

// A JSON document as text; valid JSON by the time it is in a row. Not owned.
struct Json {
  std::string_view text;
  bool operator==(const Json&) const = default;
};

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// The range that a date-time of a record may have (spec 3.3): 1970-01-01 up to, not including, 2101-01-01.
inline constexpr Timestamp kMinTimestamp{0};
inline constexpr Timestamp kEndTimestamp{4'133'980'800LL * kMicrosPerSecond};

// Floor division: -1 us is in the day before the epoch.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}
constexpr Date utc_day(Timestamp t) {
  return Date{static_cast<std::int32_t>(floor_div(t.us, kMicrosPerDay))};
}

// Proleptic Gregorian calendar (Howard Hinnant's published algorithm).
struct CivilDate {
  int year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;    // 1..31
};
Date from_civil(CivilDate civil);
CivilDate to_civil(Date date);
bool is_valid(CivilDate civil);

std::string to_string(Timestamp t);  // 2024-03-05T14:07:09Z, fractional seconds only if there are any
std::string to_string(Date d);       // 2024-03-05
std::string to_string(Decimal d);    // 12.5, no trailing zeros
// Strict: the whole text must be ISO 8601 with Z or an offset ("2024-03-05T14:07:09Z", "... 14:07+02:00").
std::optional<Timestamp> parse_iso_timestamp(std::string_view text);
std::optional<Date> parse_iso_date(std::string_view text);

}  // namespace deskhouse
