// A program that we start and read line by line. It does not outlive us: if we die, however, it is told to end.
#pragma once

#include <sys/types.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace deskhouse::app {

struct ChildEnd {
  int code = 0;        // of exit; of a signal: -signal
  std::string errors;  // the last of what it wrote to standard error, 64 KiB at most
};

// One thread at a time; the one that starts it lives as long.
class Child {
 public:
  // Runs `arguments` (the first is the program, looked for in PATH) with `environment` added to ours.
  static Result<std::unique_ptr<Child>> start(const std::vector<std::string>& arguments,
                                              const std::vector<std::pair<std::string, std::string>>& environment);
  ~Child();  // told to end, and waited for
  Child(const Child&) = delete;

  // The next line of its standard output; none: nothing came so soon, or it has ended.
  std::optional<std::string> next_line(int wait_ms);
  // All that it wrote was read: it has ended, or will in a moment.
  bool is_over() const;
  // SIGTERM to it and all that it started. Once is enough.
  void tell_to_end();
  // Until it has ended.
  ChildEnd wait();

 private:
  Child() = default;
  bool read_some(int& from, std::string& text);
  pid_t pid_ = -1;
  std::array<int, 2> from_{-1, -1};  // its standard output and error; -1: at the end
  std::string text_;                 // of a line that is not whole yet
  std::deque<std::string> lines_;
  ChildEnd end_;
  bool told_ = false;
};

}  // namespace deskhouse::app
