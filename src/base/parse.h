// Numbers written as text, read without loss or not at all. Pure, no locale, no allocation.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/values.h"

namespace deskhouse {

enum class NumberFault { none, not_a_number, out_of_range, inexact };

template <class T>
struct ParsedNumber {
  T value{};
  NumberFault fault = NumberFault::none;
  bool ok() const { return fault == NumberFault::none; }
};

// [+-]digits[.digits][e[+-]digits], the whole text. No thousands separators, no spaces, no "inf" or "nan".
// inexact: a fraction that is not zero ("12.0" is 12, "12.5" is inexact).
ParsedNumber<std::int64_t> parse_integer(std::string_view text);

// inexact: more than four decimals that are not zero. out_of_range: more than 14 digits before the point.
ParsedNumber<Decimal> parse_decimal(std::string_view text);

}  // namespace deskhouse
