// The files of the dashboard, which the build puts into the binary (cmake/EmbedWeb.cmake).
#pragma once

#include <span>
#include <string_view>

namespace deskhouse::server {

struct Asset {
  std::string_view path;  // "/assets/index-4f2a.js"
  std::string_view content;
};

// Empty where the dashboard was not built.
std::span<const Asset> assets();

}  // namespace deskhouse::server
