#include "staging/time_format.h"

#include <fmt/format.h>

#include <utility>

#include "base/values.h"
#include "staging/civil_fields.h"
#include "staging/text.h"

namespace deskhouse::staging {
namespace {

constexpr std::string_view kDirectives = "YymdbBHIpMSfz";
constexpr std::string_view kNumbers = "YymdHIMSf";
constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
constexpr std::size_t kShortMonth = 3;

// What was taken beside the plain fields.
struct PatternFields : CivilFields {
  std::int64_t hour12 = -1;
  bool afternoon = false, has_half = false;
};

// English month names, short or long, in any case. "May." and the like: the dot is the pattern's business.
bool take_month(std::string_view text, std::size_t& at, std::int64_t& month) {
  for (std::size_t m = 0; m < 12; ++m) {
    for (const auto size : {kMonths[m].size(), kShortMonth}) {
      if (at + size > text.size() || !equals_ignoring_case(text.substr(at, size), kMonths[m].substr(0, size))) continue;
      month = static_cast<std::int64_t>(m) + 1;
      at += size;
      return true;
    }
  }
  return false;
}

bool take_half(std::string_view text, std::size_t& at, PatternFields& f) {
  if (at + 2 > text.size()) return false;
  const auto half = text.substr(at, 2);
  f.has_half = true;
  f.afternoon = equals_ignoring_case(half, "pm");
  at += 2;
  return f.afternoon || equals_ignoring_case(half, "am");
}

bool take_number(std::string_view text, std::size_t& at, int max_digits, bool fixed, std::int64_t& value) {
  int digits = 0;
  std::int64_t read = 0;
  for (; digits < max_digits && at < text.size() && is_digit(text[at]); ++at, ++digits)
    read = read * 10 + (text[at] - '0');
  value = read;
  return digits > 0 && (!fixed || digits == max_digits);
}

std::int64_t year_of_two_digits(std::int64_t year) {
  return year >= 70 ? 1900 + year : 2000 + year;
}

ReadFault finish(PatternFields& f, ClockTime& out) {
  if (f.hour12 >= 0) {
    if (f.hour12 < 1 || f.hour12 > 12) return ReadFault::no_match;
    f.hour = f.hour12 % 12 + (f.afternoon ? 12 : 0);
  }
  return to_clock(f, out);
}

// A number of seconds or milliseconds, with a fraction, in microseconds.
ReadFault read_epoch(std::string_view text, int micro_digits, ClockTime& out) {
  constexpr std::int64_t kFarTooMuch = 100'000'000'000'000;  // even in milliseconds; far from overflow
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const bool negative = at == 1;
  const auto first = at;
  std::int64_t whole = 0, fraction = 0, unit = 1;
  for (; at < text.size() && is_digit(text[at]); ++at)
    if (whole < kFarTooMuch) whole = whole * 10 + (text[at] - '0');
  if (at == first) return ReadFault::no_match;
  for (int i = 0; i < micro_digits; ++i) unit *= 10;
  if (at < text.size() && text[at] == '.') {
    auto place = unit;  // further digits are cut
    for (++at; at < text.size() && is_digit(text[at]); ++at) fraction += (text[at] - '0') * (place /= 10);
  }
  if (at != text.size() || whole >= kFarTooMuch) return ReadFault::no_match;
  out.has_offset = out.is_epoch = true;
  out.offset_us = 0;
  const bool zero = whole == 0 && fraction == 0;
  if (whole < kEndTimestamp.us / unit && (!negative || zero)) {
    out.clock_us = whole * unit + fraction;
    return ReadFault::none;
  }
  // Good enough to name a year that cannot be used.
  constexpr std::int64_t kYear_s = 31'556'952;
  const auto years = whole / (kYear_s * kMicrosPerSecond / unit);
  out.year = negative ? 1969 - years : 1970 + years;
  return ReadFault::year;
}

}  // namespace

std::expected<TimeFormat, std::string> TimeFormat::compile(std::string_view pattern) {
  TimeFormat format;
  format.name_ = pattern;
  if (pattern == "iso") return format;
  format.kind_ = pattern == "epoch_s" ? Kind::epoch_s : pattern == "epoch_ms" ? Kind::epoch_ms : Kind::pattern;
  if (format.kind_ != Kind::pattern) return format;
  std::string seen;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_blank(pattern[i])) {
      if (format.ops_.empty() || format.ops_.back().code != ' ') format.ops_.push_back({.code = ' '});
    } else if (pattern[i] != '%' || pattern.substr(i, 2) == "%%") {
      if (pattern[i] == '%') ++i;
      format.ops_.push_back({.code = '=', .literal = pattern[i]});
    } else {
      const char code = ++i < pattern.size() ? pattern[i] : ' ';
      if (kDirectives.find(code) == std::string_view::npos)
        return std::unexpected(fmt::format("%{} is not known; known are %Y %y %m %d %b %H %I %p %M %S %f %z %%", code));
      const int digits = code == 'f' || code == 'Y' ? 9 : 2;
      format.ops_.push_back({.code = code, .max_digits = digits});
      seen += code == 'y' ? 'Y' : code == 'b' || code == 'B' ? 'm' : code;
    }
  }
  for (const char needed : {'Y', 'm', 'd'})
    if (seen.find(needed) == std::string::npos)
      return std::unexpected("a format needs a year, a month and a day (%Y %m %d), or is iso, epoch_s or epoch_ms");
  if ((seen.find('I') == std::string::npos) != (seen.find('p') == std::string::npos))
    return std::unexpected("%I and %p need each other; a day of 24 hours is %H");
  // "%Y%m%d": only fixed widths tell where a number ends and the next begins.
  const auto is_number = [&](std::size_t i) {
    return i < format.ops_.size() && kNumbers.find(format.ops_[i].code) != std::string_view::npos;
  };
  for (std::size_t i = 0; i < format.ops_.size(); ++i) {
    if (!is_number(i) || !(is_number(i + 1) || (i > 0 && is_number(i - 1)))) continue;
    if (format.ops_[i].code == 'Y') format.ops_[i].max_digits = 4;
    format.ops_[i].fixed = true;
  }
  return format;
}

ReadFault TimeFormat::read(std::string_view text, ClockTime& out) const {
  constexpr int kMicroDigitsOfSecond = 6, kMicroDigitsOfMilli = 3;
  switch (kind_) {
    case Kind::iso:
      return read_iso(text, out);
    case Kind::epoch_s:
      return read_epoch(text, kMicroDigitsOfSecond, out);
    case Kind::epoch_ms:
      return read_epoch(text, kMicroDigitsOfMilli, out);
    case Kind::pattern:
      return read_pattern(text, out);
  }
  std::unreachable();
}

ReadFault TimeFormat::read_pattern(std::string_view text, ClockTime& out) const {
  PatternFields f;
  std::size_t at = 0;
  for (const auto& op : ops_) {
    bool ok = true;
    switch (op.code) {
      case 'Y':
        ok = take_number(text, at, op.max_digits, op.fixed, f.year);
        break;
      case 'y':
        ok = take_number(text, at, op.max_digits, true, f.year);
        f.year = year_of_two_digits(f.year);
        break;
      case 'm':
        ok = take_number(text, at, op.max_digits, op.fixed, f.month);
        break;
      case 'b':
      case 'B':
        ok = take_month(text, at, f.month);
        break;
      case 'd':
        ok = take_number(text, at, op.max_digits, op.fixed, f.day);
        break;
      case 'H':
        ok = take_number(text, at, op.max_digits, op.fixed, f.hour);
        break;
      case 'I':
        ok = take_number(text, at, op.max_digits, op.fixed, f.hour12);
        break;
      case 'p':
        ok = take_half(text, at, f);
        break;
      case 'M':
        ok = take_number(text, at, op.max_digits, op.fixed, f.minute);
        break;
      case 'S':
        ok = take_number(text, at, op.max_digits, op.fixed, f.second);
        break;
      case 'f':
        ok = take_fraction(text, at, f);
        break;
      case 'z':
        ok = take_offset(text, at, f);
        break;
      case ' ':
        ok = at < text.size() && is_blank(text[at]);
        while (at < text.size() && is_blank(text[at])) ++at;
        break;
      default:
        ok = at < text.size() && text[at++] == op.literal;
    }
    if (!ok) return ReadFault::no_match;
  }
  return at == text.size() ? finish(f, out) : ReadFault::no_match;
}

}  // namespace deskhouse::staging
