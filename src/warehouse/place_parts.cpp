#include "warehouse/place_parts.h"

#include <algorithm>
#include <utility>

namespace deskhouse::warehouse {

namespace {

// A row group with fewer places costs less by the list, which reads one vector (2,048 rows) a place.
constexpr std::ptrdiff_t kWorthPassing = 32;
// Each part is another branch of a statement: about a millisecond.
constexpr std::size_t kMostParts = 4;

std::int64_t gap(const std::vector<std::int64_t>& before, const std::vector<std::int64_t>& after) {
  return after.front() - before.back();
}

void join_closest(std::vector<std::vector<std::int64_t>>& parts) {
  std::size_t closest = 1;
  for (std::size_t i = 2; i < parts.size(); ++i)
    if (gap(parts[i - 1], parts[i]) < gap(parts[closest - 1], parts[closest])) closest = i;
  auto& into = parts[closest - 1];
  into.insert(into.end(), parts[closest].begin(), parts[closest].end());
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(closest));
}

}  // namespace

PlaceParts split_places(std::vector<std::int64_t> places, std::int64_t end) {
  if (places.empty()) return {};
  PlaceParts parts;
  for (auto first = places.begin(); first != places.end();) {
    const auto group = *first / kRowGroup;
    const auto last = std::lower_bound(first, places.end(), (group + 1) * kRowGroup);
    if (last - first < kWorthPassing) {
      parts.scattered.insert(parts.scattered.end(), first, last);
    } else if (parts.dense.empty() || *first - parts.dense.back().back() > kRowGroup) {
      parts.dense.emplace_back(first, last);
    } else {
      parts.dense.back().insert(parts.dense.back().end(), first, last);
    }
    first = last;
  }
  while (parts.dense.size() > kMostParts) join_closest(parts.dense);
  std::int64_t passed = 0;
  for (const auto& part : parts.dense) passed += part.back() - part.front() + 1;
  if (parts.scattered.size() > kFewPlaces || passed >= end / 2) {
    parts.scattered.clear();
    parts.dense.clear();
    parts.dense.push_back(std::move(places));
  }
  return parts;
}

}  // namespace deskhouse::warehouse
