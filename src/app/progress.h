// Progress of long work on standard error: one line that rewrites itself on a terminal, nothing otherwise.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "pipeline/run.h"

namespace deskhouse::app {

class Progress {
 public:
  enum class Form { line, json };  // json: an object a line, at most one a second, terminal or not
  // Silent when `quiet`, or (line) when standard error is not a terminal.
  explicit Progress(bool quiet, Form form = Form::line);
  ~Progress();
  // Shows at most ten times a second; `force` always.
  void show(const std::string& line, bool force = false);
  void clear();
  pipeline::Observer observer();

 private:
  using Clock = std::chrono::steady_clock;
  bool may_show(bool force);
  void show_json(const pipeline::ExtractionProgress& p);
  void show_line(const pipeline::ExtractionProgress& p);
  bool active_;
  Form form_;
  std::FILE* err_;  // observers are called by other threads, too
  bool shown_ = false;
  Clock::time_point last_{}, entity_start_{};
  std::string entity_;
};

}  // namespace deskhouse::app
