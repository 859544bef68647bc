#include "models/header.h"

#include <algorithm>

namespace deskhouse::models {

namespace {

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n;") - begin + 1);
}

std::vector<HeaderLine> split_header(std::string_view text, std::string& body) {
  std::vector<HeaderLine> headers;
  int line = 0;
  bool in_header = true;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto current = text.substr(0, end);
    ++line;
    if (in_header && current.starts_with("--")) {
      const auto colon = current.find(':');
      const auto key = colon == std::string_view::npos ? std::string_view{} : trim(current.substr(2, colon - 2));
      const bool continues = current.starts_with("--   ") || key.empty() || !std::ranges::all_of(key, is_key_char);
      if (!continues)
        headers.push_back({std::string(key), std::string(trim(current.substr(colon + 1))), line});
      else if (!headers.empty())
        headers.back().value += " " + std::string(trim(current.substr(2)));
    } else {
      in_header = in_header && trim(current).empty();
      if (!in_header) body += std::string(current) + "\n";
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return headers;
}

}  // namespace deskhouse::models
