#include "app/console.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace deskhouse::app {

namespace {

const Console kOfProcess;
thread_local const Console* current = &kOfProcess;

constexpr int kPatienceMs = 30'000;

ssize_t write_patiently(void* cookie, const char* data, std::size_t size) {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(cookie));
  std::size_t done = 0;
  while (done < size) {
    pollfd ready{fd, POLLOUT, 0};
    const int found = poll(&ready, 1, kPatienceMs);
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0 || (ready.revents & POLLOUT) == 0) break;
    // A pipe that can be written has room for so much, more would wait in write().
    const auto n = write(fd, data + done, std::min<std::size_t>(size - done, 4096));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

}  // namespace

const Console& console() {
  return *current;
}

UseConsole::UseConsole(Console console) : console_(std::move(console)), before_(std::exchange(current, &console_)) {}
UseConsole::~UseConsole() {
  current = before_;
}

std::FILE* patient_stream(int fd) {
  return fopencookie(reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)), "w",
                     {.read = nullptr, .write = write_patiently, .seek = nullptr, .close = nullptr});
}

bool out_is_terminal() {
  return isatty(console().out_fd) != 0;
}
bool err_is_terminal() {
  return isatty(console().err_fd) != 0;
}

std::string read_input() {
  std::string text;
  char bytes[4096];
  while (const auto n = std::fread(bytes, 1, sizeof(bytes), console().in)) text.append(bytes, n);
  return text;
}

std::filesystem::path file_of(const std::filesystem::path& name) {
  return console().folder.empty() ? name : console().folder / name;
}

bool pause_seconds(std::int64_t seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end) {
    if (console().hung_up && console().hung_up()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return console().hung_up && console().hung_up();
}

}  // namespace deskhouse::app
