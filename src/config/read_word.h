// The value of a key that is one word of a list.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "config/section.h"

namespace deskhouse::config {

// The first meaning where the key is absent, and after the problem that another word is.
template <class Value>
Value read_word(const Section& section, std::string_view key,
                const std::vector<std::pair<std::string, Value>>& meanings) {
  const auto name = section.text(key, meanings.front().first);
  std::vector<std::string> known;
  for (const auto& [word, value] : meanings) {
    if (word == name) return value;
    known.push_back(word);
  }
  section.problem(key, fmt::format("'{}' is not one of {}{}", name, fmt::join(known, ", "), did_you_mean(name, known)));
  return meanings.front().second;
}

}  // namespace deskhouse::config
