#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/console.h"
#include "app/log.h"
#include "app/output.h"
#include "base/json_text.h"

namespace deskhouse::app {

Progress::Progress(bool quiet, Form form)
    : active_(form == Form::json || (!quiet && err_is_terminal() && log_format() == LogFormat::text)),
      form_(form),
      err_(console().err) {}
Progress::~Progress() {
  clear();
}

bool Progress::may_show(bool force) {
  const auto now = Clock::now();
  const auto pause = std::chrono::milliseconds(form_ == Form::json ? 1000 : 100);
  if (!active_ || (!force && now - last_ < pause)) return false;
  last_ = now;
  return true;
}

void Progress::show(const std::string& line, bool force) {
  if (!may_show(force)) return;
  if (form_ == Form::json) {
    fmt::print(err_, "{{\"stage\": {}}}\n", json_text(line));
  } else {
    shown_ = true;
    fmt::print(err_, "\r\x1b[K{}", line);
  }
  std::fflush(err_);
}

void Progress::clear() {
  if (shown_) fmt::print(err_, "\r\x1b[K");
  shown_ = false;
}

void Progress::show_json(const pipeline::ExtractionProgress& p) {
  if (!may_show(false)) return;
  const auto known = [](std::int64_t n) { return n < 0 ? std::string("null") : std::to_string(n); };
  fmt::print(err_,
             "{{\"source\": {}, \"entity\": {}, \"records\": {}, \"calls\": {}, \"calls_left\": {}, "
             "\"seconds_left\": {}}}\n",
             json_text(p.source), json_text(p.entity), p.records, p.input.calls_done, known(p.input.calls_left),
             known(p.input.seconds_left));
  std::fflush(err_);
}

void Progress::show_line(const pipeline::ExtractionProgress& p) {
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
  if (p.input.calls_done > 0) line += fmt::format(", {} calls", grouped(p.input.calls_done));
  if (p.input.calls_left > 0) line += fmt::format(", about {} left", grouped(p.input.calls_left));
  if (p.input.seconds_left > 0) line += fmt::format(", {} min", grouped((p.input.seconds_left + 59) / 60));
  show(line);
}

pipeline::Observer Progress::observer() {
  pipeline::Observer observer;
  observer.begun = [](std::int64_t run_id) {
    set_log_run(run_id);
    if (log_format() == LogFormat::json) log(Level::info, fmt::format("run {} begins", run_id));
  };
  observer.extracted = [](const pipeline::Extraction& x) {
    if (log_format() == LogFormat::json)
      log(Level::info, fmt::format("extracted {}.{}", x.mapping->source, x.entity->name),
          {{"source", x.mapping->source},
           {"entity", std::string(x.entity->name)},
           {"records", x.balance.extracted},
           {"quarantined", x.balance.quarantined},
           {"bytes", x.bytes},
           {"extract_seconds", x.extract_seconds},
           {"transform_seconds", x.transform_seconds},
           {"load_seconds", x.load_seconds}});
  };
  observer.extracting = [this](const pipeline::ExtractionProgress& p) {
    form_ == Form::json ? show_json(p) : show_line(p);
  };
  observer.recovering = [this](const std::string& what) {
    if (log_format() == LogFormat::json) log(Level::warning, "trying again: " + what);
    show("trying again: " + what, true);
  };
  observer.publishing = [this](const std::string& stage) { show("publishing: " + stage, true); };
  return observer;
}

}  // namespace deskhouse::app
