#include "base/fault.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace deskhouse {

namespace {

struct Wanted {
  std::string step;
  int time = 1;
};

Wanted read_wanted() {
  const char* value = std::getenv("DESKHOUSE_CRASH_AT");
  Wanted wanted{value ? value : ""};
  if (const auto colon = wanted.step.find(':'); colon != std::string::npos) {
    wanted.time = std::atoi(wanted.step.c_str() + colon + 1);
    wanted.step.resize(colon);
  }
  return wanted;
}

}  // namespace

void fault_point(std::string_view step) {
  static const Wanted wanted = read_wanted();
  static std::atomic<int> times = 0;
  if (!wanted.step.empty() && wanted.step == step && ++times == wanted.time) std::raise(SIGKILL);
}

}  // namespace deskhouse
