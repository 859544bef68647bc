// How the rows at many places of a table are best read: DuckDB skips vectors and row groups by rowid for a range and
// for a semi-join with a short list, and for nothing else.
#pragma once

#include <cstdint>
#include <vector>

namespace deskhouse::warehouse {

inline constexpr std::int64_t kRowGroup = 122'880;  // rows of a full one
// Each vector's range of rowids is compared with every place of a list.
constexpr std::size_t kFewPlaces = 256;

struct PlaceParts {
  std::vector<std::int64_t> scattered;           // ascending; at most kFewPlaces, far from the others
  std::vector<std::vector<std::int64_t>> dense;  // each ascending, and together ascending: what lies close together
};

// `places`: rowids, ascending, each below `end`, the places of the table. What changes in a desk is young and lies
// together, and little of it is old. Everything in one dense part where reading by parts would skip less than half of
// the table.
PlaceParts split_places(std::vector<std::int64_t> places, std::int64_t end);

}  // namespace deskhouse::warehouse
