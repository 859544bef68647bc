#pragma once

#include <string_view>

namespace deskhouse {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace deskhouse
