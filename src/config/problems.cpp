#include "config/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace deskhouse::config {

Error Problems::error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Error error{Error::Kind::config, ""};
  for (const auto& [line, message] : sorted)
    error.message += fmt::format("{}{}:{}: {}", error.message.empty() ? "" : "\n", file_, line, message);
  return error;
}

}  // namespace deskhouse::config
