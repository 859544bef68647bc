// Where a command reads and writes: the standard streams of the process, or those of a caller that has a running server
// do it (control/call.h). Commands that a server may run for others use only this.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <utility>

#include "app/log.h"

namespace deskhouse::app {

struct Console {
  std::FILE *in = stdin, *out = stdout, *err = stderr;
  int out_fd = 1, err_fd = 2;
  std::filesystem::path folder;   // names of files are those in it; empty: in the process's
  std::function<bool()> hung_up;  // nobody reads any more; empty: the process would have ended
};

// That of this thread.
const Console& console();

// While it lives, this thread's is another one.
class UseConsole {
 public:
  explicit UseConsole(Console console);
  UseConsole(const UseConsole&) = delete;
  ~UseConsole();

 private:
  Console console_;
  const Console* before_;
};

// A stream that writes to `fd`; what nobody takes for half a minute is given up, so that a caller who looks at the
// first page of an answer does not keep what others wait for. Closes neither. nullptr: no memory.
std::FILE* patient_stream(int fd);

bool out_is_terminal();
bool err_is_terminal();
// All of the input.
std::string read_input();
// A name of a file as the command was given it.
std::filesystem::path file_of(const std::filesystem::path& name);
// Waits; true: nobody is there any more.
bool pause_seconds(std::int64_t seconds);

template <class... T>
void print_out(fmt::format_string<T...> format, T&&... values) {
  fmt::print(console().out, format, std::forward<T>(values)...);
}
template <class... T>
void print_error(fmt::format_string<T...> format, T&&... values) {
  fmt::print(console().err, format, std::forward<T>(values)...);
}

}  // namespace deskhouse::app
