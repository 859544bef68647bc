#include "pipeline/key_roll.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace deskhouse::pipeline {

namespace {

constexpr std::int64_t kHandful = 10;

}  // namespace

KeyRoll::KeyRoll(std::vector<std::int64_t> known) : known_(std::move(known)) {
  std::ranges::sort(known_);
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  seen_.resize(known_.size());
}

void KeyRoll::see(std::int64_t key) {
  ++listed_;
  const auto it = std::ranges::lower_bound(known_, key);
  if (it != known_.end() && *it == key) seen_[static_cast<std::size_t>(it - known_.begin())] = true;
}

std::vector<std::int64_t> KeyRoll::having(bool seen) const {
  std::vector<std::int64_t> keys;
  for (std::size_t i = 0; i < known_.size(); ++i)
    if (seen_[i] == seen) keys.push_back(known_[i]);
  return keys;
}

std::optional<std::string> doubts(std::int64_t known, std::int64_t listed, std::int64_t missing,
                                  std::int64_t limit_percent) {
  if (missing == 0) return std::nullopt;
  if (listed == 0) return fmt::format("the source lists no record at all, and {} are known", known);
  if (missing <= kHandful || missing * 100 <= known * limit_percent) return std::nullopt;
  return fmt::format("{} of the {} known records are not among those that the source lists, more than {} %", missing,
                     known, limit_percent);
}

}  // namespace deskhouse::pipeline
