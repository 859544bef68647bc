// The header of a model or check: comment lines "-- key: value" at the top of an SQL file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deskhouse::models {

struct HeaderLine {
  std::string key, value;
  int line = 0;  // 1-based
};

// Splits the header off; `body` gets the rest. A line that starts with "--   ", or has no key, continues the one
// before.
std::vector<HeaderLine> split_header(std::string_view text, std::string& body);

// Without white space at both ends, and without semicolons at the end.
std::string_view trim(std::string_view text);

}  // namespace deskhouse::models
