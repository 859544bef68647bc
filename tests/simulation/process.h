// Work in a process of its own, which may die of it.
#pragma once

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>

#include "base/result.h"

namespace deskhouse::simulation {

// All that may be told of a process that ended: what it printed is in the test's output.
struct Ended {
  int code = -1, signal = 0;
};

// Does `work` in a process of its own: 0 if it succeeded. After `kill_after`, it is killed. This process has no threads
// and never opens a database, so that a fork of it may.
inline Ended in_process(const std::function<Status()>& work, std::chrono::milliseconds kill_after = {}) {
  std::fflush(nullptr);
  const auto child = ::fork();
  if (child == 0) {
    const auto status = work();
    if (!status) fmt::print(stderr, "  {}\n", status.error().message);
    std::fflush(nullptr);
    ::_exit(status ? 0 : 1);
  }
  if (kill_after.count() > 0) {
    std::this_thread::sleep_for(kill_after);
    ::kill(child, SIGKILL);
  }
  int state = 0;
  ::waitpid(child, &state, 0);
  return {WIFEXITED(state) ? WEXITSTATUS(state) : -1, WIFSIGNALED(state) ? WTERMSIG(state) : 0};
}

}  // namespace deskhouse::simulation
