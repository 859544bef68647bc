#include "base/parse.h"

namespace deskhouse {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Parts of a written number: its value is sign * digits * 10^exponent, where digits are those of whole and
// fraction.
struct Written {
  bool negative = false;
  std::string_view whole, fraction;
  int exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  return negative;
}

bool split(std::string_view text, Written& out) {
  out.negative = take_sign(text);
  out.whole = take_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  if (out.whole.empty() && out.fraction.empty()) return false;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    const bool negative = take_sign(text);
    const auto digits = take_digits(text);
    if (digits.empty() || digits.size() > 3) return false;
    for (const char c : digits) out.exponent = out.exponent * 10 + (c - '0');
    if (negative) out.exponent = -out.exponent;
  }
  return text.empty();
}

// value * 10^scale as an integer, or why not.
ParsedNumber<std::int64_t> scaled(const Written& number, int scale, std::uint64_t limit) {
  const int shift = number.exponent + scale;  // how many places the decimal point moves to the right
  const auto whole = static_cast<int>(number.whole.size()), all = whole + static_cast<int>(number.fraction.size());
  std::uint64_t value = 0;
  for (int i = 0; i < whole + shift || i < all; ++i) {
    const char c = i < whole ? number.whole[static_cast<std::size_t>(i)]
                   : i < all ? number.fraction[static_cast<std::size_t>(i - whole)]
                             : '0';
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (i >= whole + shift) {
      if (digit != 0) return {0, NumberFault::inexact};
      continue;
    }
    if (value > (limit - digit) / 10) return {0, NumberFault::out_of_range};
    value = value * 10 + digit;
  }
  return {static_cast<std::int64_t>(number.negative ? 0 - value : value), NumberFault::none};
}

}  // namespace

ParsedNumber<std::int64_t> parse_integer(std::string_view text) {
  Written number;
  if (text.size() > 10'000 || !split(text, number)) return {0, NumberFault::not_a_number};
  const std::uint64_t limit = std::uint64_t{INT64_MAX} + (number.negative ? 1 : 0);
  return scaled(number, 0, limit);
}

ParsedNumber<Decimal> parse_decimal(std::string_view text) {
  Written number;
  if (text.size() > 10'000 || !split(text, number)) return {{}, NumberFault::not_a_number};
  const auto units = scaled(number, Decimal::kScale, 999'999'999'999'999'999ULL);
  return {Decimal{units.value}, units.fault};
}

}  // namespace deskhouse
