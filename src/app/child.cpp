#include "app/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace deskhouse::app {

namespace {

constexpr std::size_t kKeptErrors = 64 << 10;
constexpr int kPollMs = 200;
constexpr int kNoProgram = 127;

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  bool make() { return pipe2(ends.data(), O_CLOEXEC) == 0; }
  void close_write() { close(std::exchange(ends[1], -1)); }
};

// In the child. It is its own process group, so that all that it starts ends with it.
[[noreturn]] void become(char* const* arguments, const Pipe& out, const Pipe& errors, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNoProgram);
  dup2(out.ends[1], STDOUT_FILENO);
  dup2(errors.ends[1], STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(arguments[0], arguments);
  _exit(kNoProgram);
}

// The environment is the whole process's, so it is set by `env`, which the child becomes first.
std::vector<std::string> with_environment(const std::vector<std::string>& arguments,
                                          const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<std::string> all = {"env"};
  for (const auto& [name, value] : environment) all.push_back(name + "=" + value);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

// What is there to read, into `text`; false at the end.
bool read_some(int from, std::string& text) {
  std::array<char, 8192> buffer;
  const auto bytes = read(from, buffer.data(), buffer.size());
  if (bytes > 0) text.append(buffer.data(), static_cast<std::size_t>(bytes));
  return bytes > 0 || (bytes < 0 && (errno == EINTR || errno == EAGAIN));
}

void give_lines(std::string& text, const std::function<void(const std::string&)>& line) {
  std::size_t from = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
    line(text.substr(from, end - from));
    from = end + 1;
  }
  text.erase(0, from);
}

}  // namespace

Result<ChildEnd> run_child(const std::vector<std::string>& arguments,
                           const std::vector<std::pair<std::string, std::string>>& environment,
                           const std::function<void(const std::string&)>& line, const std::function<bool()>& stop) {
  Pipe out, errors;
  if (!out.make() || !errors.make())
    return fail(Error::Kind::io, fmt::format("Cannot start {}: {}", arguments.front(), std::strerror(errno)));
  auto words = with_environment(arguments, environment);
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const auto parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(pointers.data(), out, errors, parent);
  if (pid < 0)
    return fail(Error::Kind::io, fmt::format("Cannot start {}: {}", arguments.front(), std::strerror(errno)));
  out.close_write();
  errors.close_write();
  ChildEnd end;
  std::string text;
  std::array<pollfd, 2> open{{{out.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}};
  bool told = false;
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    if (!told && stop && stop()) {
      kill(-pid, SIGTERM);
      told = true;
    }
    if (poll(open.data(), open.size(), kPollMs) <= 0) continue;
    if (open[0].revents != 0 && !read_some(open[0].fd, text)) open[0].fd = -1;
    if (open[1].revents != 0 && !read_some(open[1].fd, end.errors)) open[1].fd = -1;
    give_lines(text, line);
    if (end.errors.size() > 2 * kKeptErrors) end.errors.erase(0, end.errors.size() - kKeptErrors);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  end.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}

}  // namespace deskhouse::app
