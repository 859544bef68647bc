#include "app/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "app/log.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

volatile sig_atomic_t signals = 0;
volatile sig_atomic_t reload = 0;

void on_hangup(int) {
  reload = 1;
}

void on_signal(int signal) {
  signals = signals + 1;
  if (signals > 1) {
    ::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  constexpr std::string_view kText =
      "\ndeskhouse: stopping after the run that is under way; once more to stop at once\n";
  constexpr std::string_view kJson = "{\"level\":\"info\",\"message\":\"stopping after the run that is under way\"}\n";
  const auto text = log_format() == LogFormat::json ? kJson : kText;
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  signals = 0;
  handle(on_signal);
}
StopSignal::~StopSignal() {
  handle(SIG_DFL);
}
bool StopSignal::asked() const {
  return signals > 0;
}

bool StopSignal::wait(Timestamp until, const std::function<bool()>& woken) const {
  // In pieces: another thread may get the signal, and the clock may be set.
  constexpr std::int64_t kPiece = kMicrosPerSecond / 5;
  while (!asked()) {
    const auto left = until.us - pipeline::now().us;
    if (left <= 0 || (woken && woken())) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(left, kPiece)));
  }
  return true;
}

ReloadSignal::ReloadSignal() {
  reload = 0;
  struct sigaction action {};
  action.sa_handler = on_hangup;
  sigaction(SIGHUP, &action, nullptr);
}
ReloadSignal::~ReloadSignal() {
  ::signal(SIGHUP, SIG_DFL);
}
bool ReloadSignal::asked() const {
  return reload != 0;
}
bool ReloadSignal::take() {
  const bool was_asked = reload != 0;
  reload = 0;
  return was_asked;
}

}  // namespace deskhouse::app
