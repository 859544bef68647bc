#include "warehouse/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace deskhouse::warehouse {

namespace {

constexpr std::int64_t kLeast = 256'000'000;
constexpr std::int64_t kShareOfFile = 48;

std::int64_t machine_memory() {
  static const std::int64_t memory = [] {  // once: each micro-batch asks
    const std::int64_t machine = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
    std::int64_t container = 0;
    std::ifstream("/sys/fs/cgroup/memory.max") >> container;  // "max": none
    return container > 0 ? std::min(container, machine) : machine;
  }();
  return memory;
}

}  // namespace

std::int64_t fitting_memory_limit(std::int64_t file_bytes, std::int64_t machine_bytes) {
  return std::max(kLeast, std::min(kLeast + file_bytes / kShareOfFile, machine_bytes / 2));
}

std::int64_t memory_limit_of(const std::string& path) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(path, none);
  return fitting_memory_limit(none ? 0 : static_cast<std::int64_t>(bytes), machine_memory());
}

}  // namespace deskhouse::warehouse
