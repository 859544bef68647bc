#include "pipeline/stages.h"

#include <fmt/format.h>

#include <fstream>

#include "base/parse.h"

namespace deskhouse::pipeline {

namespace {

void reset_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5\n";  // proc(5): "reset the peak resident set size"
}

}  // namespace

std::int64_t peak_memory_bytes() {
  constexpr std::string_view kPeak = "VmHWM:";
  constexpr std::int64_t kKiB = 1024;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kPeak)) continue;
    const auto from = line.find_first_of("0123456789"), to = line.find(" kB");
    if (from == std::string::npos || to == std::string::npos) return 0;
    return parse_integer(std::string_view(line).substr(from, to - from)).value * kKiB;
  }
  return 0;
}

StageWatch::StageWatch() : start_(std::chrono::steady_clock::now()) {
  reset_peak_memory();
}

Stage StageWatch::done(std::string stage, std::string name, std::int64_t rows_in, std::int64_t rows_out) const {
  const auto took = std::chrono::steady_clock::now() - start_;
  return {.stage = std::move(stage),
          .name = std::move(name),
          .rows_in = rows_in,
          .rows_out = rows_out,
          .seconds = std::chrono::duration<double>(took).count(),
          .peak_memory_bytes = peak_memory_bytes()};
}

Status record_stages(warehouse::Connection& connection, std::int64_t run_id, const std::vector<Stage>& stages) {
  std::string rows;
  for (const auto& s : stages)
    rows += fmt::format("{}({}, {}, {}, {}, {}, {}, {}, {}, {})", rows.empty() ? "" : ", ", run_id,
                        warehouse::sql_text(s.stage), warehouse::sql_text(s.name), s.rows_in, s.rows_out, s.errors,
                        s.bytes, s.seconds, s.peak_memory_bytes);
  if (rows.empty()) return {};
  return connection.execute("insert into meta.stages values " + rows);
}

}  // namespace deskhouse::pipeline
