// How often each of many numbers comes: a multiset that is kept as bytes, added to and taken from, and asked for exact
// quantiles. So a percentile over any days is as quick as a sum: days are kept, and those asked for are read together.
// Pure; thread-safe as values are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deskhouse::core {

// A number and how often it comes; less than 0 times: so often it is taken away.
struct Occurrence {
  std::int64_t value = 0, count = 0;
  bool operator==(const Occurrence&) const = default;
};

// The bytes of a multiset, which depend on its numbers alone, not on the order in which they came. Empty: no number.
// Numbers that share a unit (seconds in microseconds) take one or two bytes each. `occurrences` is sorted and merged.
// An error where the numbers lie farther apart than 2^62, or one comes more than 2^40 times.
Result<std::string> encode_distribution(std::vector<Occurrence>& occurrences);

// Appends what the bytes hold, ascending by value. An error where they are no distribution.
Status decode_distribution(std::string_view bytes, std::vector<Occurrence>& into);

// The q-th quantile (0 <= q <= 1) of all parts together, between two numbers interpolated as SQL's PERCENTILE_CONT
// does. Nothing where they hold no number. An error where bytes are no distribution, or a number comes less than 0
// times.
Result<std::optional<double>> quantile_of(std::span<const std::string_view> parts, double q);

}  // namespace deskhouse::core
