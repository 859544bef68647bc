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
#include <chrono>
#include <cstring>

namespace deskhouse::app {

namespace {

constexpr std::size_t kKeptErrors = 64 << 10;
constexpr int kPollMs = 200;
constexpr int kNoProgram = 127;
constexpr auto kPatience = std::chrono::seconds(15);  // before one that was told to end is killed

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  bool make() { return pipe2(ends.data(), O_CLOEXEC) == 0; }
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

}  // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string>& arguments,
                                            const std::vector<std::pair<std::string, std::string>>& environment) {
  Pipe out, errors;
  auto words = with_environment(arguments, environment);
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::unique_ptr<Child> child(new Child);
  const auto parent = getpid();
  if (out.make() && errors.make()) child->pid_ = fork();
  if (child->pid_ == 0) become(pointers.data(), out, errors, parent);
  if (child->pid_ < 0)
    return fail(Error::Kind::io, fmt::format("Cannot start {}: {}", arguments.front(), std::strerror(errno)));
  child->from_ = {std::exchange(out.ends[0], -1), std::exchange(errors.ends[0], -1)};
  return child;
}

Child::~Child() {
  if (pid_ < 0) return;
  tell_to_end();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!is_over() && std::chrono::steady_clock::now() < until) (void)next_line(kPollMs);
  if (!is_over()) kill(-pid_, SIGKILL);
  (void)wait();
}

std::optional<std::string> Child::next_line(int wait_ms) {
  if (lines_.empty() && !is_over()) {
    std::array<pollfd, 2> open{{{from_[0], POLLIN, 0}, {from_[1], POLLIN, 0}}};
    if (poll(open.data(), open.size(), wait_ms) > 0) {
      if (open[1].revents != 0) read_some(from_[1], end_.errors);
      if (open[0].revents != 0) read_some(from_[0], text_);
    }
    if (end_.errors.size() > 2 * kKeptErrors) end_.errors.erase(0, end_.errors.size() - kKeptErrors);
    std::size_t from = 0;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', from)) {
      lines_.push_back(text_.substr(from, end - from));
      from = end + 1;
    }
    text_.erase(0, from);
  }
  if (lines_.empty()) return std::nullopt;
  auto line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

bool Child::is_over() const {
  return from_[0] < 0 && from_[1] < 0 && lines_.empty();
}

void Child::tell_to_end() {
  if (pid_ > 0 && !std::exchange(told_, true)) kill(-pid_, SIGTERM);
}

ChildEnd Child::wait() {
  while (!is_over()) (void)next_line(kPollMs);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  end_.code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return std::move(end_);
}

// What is there to read, into `text`; at the end `from` is closed.
bool Child::read_some(int& from, std::string& text) {
  std::array<char, 8192> buffer;
  const auto bytes = read(from, buffer.data(), buffer.size());
  if (bytes > 0) text.append(buffer.data(), static_cast<std::size_t>(bytes));
  if (bytes > 0 || (bytes < 0 && (errno == EINTR || errno == EAGAIN))) return true;
  close(std::exchange(from, -1));
  return false;
}

}  // namespace deskhouse::app
