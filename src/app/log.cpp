#include "app/log.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>

#include "app/console.h"
#include "app/output.h"
#include "base/json_text.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

std::atomic<LogFormat> format_of_all = LogFormat::text;
thread_local std::optional<LogFormat> format_of_thread;
std::atomic<std::int64_t> run_of_all = 0;
std::mutex one_line;

std::string_view name_of(Level level) {
  return level == Level::info ? "info" : level == Level::warning ? "warning" : "error";
}

std::string json_of(const LogValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return json_text(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
  return fmt::format("{:.6f}", std::get<double>(value));
}

}  // namespace

void set_log_format(LogFormat format) {
  if (console().hung_up)
    format_of_thread = format;
  else
    format_of_all = format;
}
LogFormat log_format() {
  return format_of_thread.value_or(format_of_all.load());
}
void set_log_run(std::int64_t run_id) {
  run_of_all = run_id;
}

std::string log_json(std::string_view time, Level level, std::string_view message, const LogFields& fields) {
  std::string out = fmt::format(R"({{"time":"{}","level":"{}","message":{})", time, name_of(level), json_text(message));
  bool names_run = false;
  for (const auto& [name, value] : fields) {
    out += fmt::format(",\"{}\":{}", name, json_of(value));
    names_run = names_run || name == "run_id";
  }
  if (const auto run = run_of_all.load(); run > 0 && !names_run) out += fmt::format(",\"run_id\":{}", run);
  return out + "}";
}

void log(Level level, std::string_view message, const LogFields& fields) {
  const bool is_json = log_format() == LogFormat::json;
  auto* const where = level == Level::info && !is_json ? console().out : console().err;
  const auto now = pipeline::now();
  const std::lock_guard lock(one_line);
  if (is_json)
    fmt::print(where, "{}\n", log_json(to_string(now), level, message, fields));
  else
    fmt::print(where, "{} {}\n", to_string(Timestamp{now.us / kMicrosPerSecond * kMicrosPerSecond}),
               printable(message));
  std::fflush(where);
}

}  // namespace deskhouse::app
