#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/output.h"

namespace deskhouse::app {

Progress::Progress(bool quiet) : active_(!quiet && isatty(STDERR_FILENO) != 0) {}
Progress::~Progress() {
  clear();
}

void Progress::show(const std::string& line, bool force) {
  const auto now = Clock::now();
  if (!active_ || (!force && now - last_ < std::chrono::milliseconds(100))) return;
  last_ = now;
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

pipeline::Observer Progress::observer() {
  pipeline::Observer observer;
  observer.extracting = [this](const pipeline::ExtractionProgress& p) {
    const auto name = p.source + "." + p.entity;
    if (name != entity_) {
      entity_ = name;
      entity_start_ = Clock::now();
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - entity_start_).count();
    auto line = fmt::format("{}: {} records", name, grouped(p.records));
    if (seconds > 0.2)
      line += fmt::format(", {}/s", grouped(static_cast<std::int64_t>(static_cast<double>(p.records) / seconds)));
    if (p.input.bytes_total > 0 && p.input.bytes_done > 0) {
      const double share = static_cast<double>(p.input.bytes_done) / static_cast<double>(p.input.bytes_total);
      line += fmt::format(", {:.0f} %", share * 100);
      if (seconds > 0.5) line += fmt::format(", {:.0f} s left", seconds / share * (1 - share));
    }
    show(line);
  };
  observer.recovering = [this](const std::string& what) { show("trying again: " + what, true); };
  observer.publishing = [this](const std::string& stage) { show("publishing: " + stage, true); };
  return observer;
}

}  // namespace deskhouse::app
