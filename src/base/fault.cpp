#include "base/fault.h"

#include <csignal>
#include <cstdlib>
#include <string>

namespace deskhouse {

void fault_point(std::string_view step) {
  static const std::string wanted = [] {
    const char* value = std::getenv("DESKHOUSE_CRASH_AT");
    return std::string(value ? value : "");
  }();
  if (!wanted.empty() && wanted == step) std::raise(SIGKILL);
}

}  // namespace deskhouse
