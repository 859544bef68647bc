// "Did you mean ...?" for misspelt keys, columns, fields and commands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deskhouse {

// The candidate that a typist most likely meant: least edit distance (a swap of neighbours counts 1, case
// does not count), at most a third of the word's length and at least 1. nullopt if none is that near. O(words
// * length^2).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// "; did you mean 'priority'?", or "" without a near candidate: ready to be appended to a message.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace deskhouse
