#include "app/live_json.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace deskhouse::app {

namespace {

constexpr std::string_view kPriorities[] = {"Low", "Medium", "High", "Critical"};

std::string by_priority(const stream::ByPriority& counts) {
  std::string out;
  for (std::size_t i = counts.size(); i-- > 0;)
    out += fmt::format(R"("{}":{}{})", kPriorities[i], counts[i], i ? "," : "");
  return out;
}

}  // namespace

std::string live_json(const stream::LiveSnapshot& live, const StreamState& state) {
  std::string windows;
  for (const auto& window : live.windows)
    windows += fmt::format(R"({}{{"start":"{}","is_final":{},{}}})", windows.empty() ? "" : ",",
                           to_string(window.start), window.is_final, by_priority(window.tickets));
  return fmt::format(
      R"({{"is_reading":{},"error":{},"events":{},"quarantined":{},"lag":{},"micro_batch_seconds":{:.4f},"version":{},)"
      R"("event_time":{},"tickets":{},"open":{},"resolved":{},"deleted":{},"open_by_priority":{{{}}},"corrections":{},)"
      R"("window_seconds":{},"windows":[{}]}})",
      state.is_reading, state.error.empty() ? "null" : json_text(state.error), state.events, state.quarantined,
      state.lag ? std::to_string(*state.lag) : "null", state.seconds, live.data_version,
      live.event_time.us > 0 ? fmt::format("\"{}\"", to_string(live.event_time)) : "null", live.tickets, live.open,
      live.resolved, live.deleted, by_priority(live.open_by_priority), live.corrections,
      stream::kWindowUs / kMicrosPerSecond, windows);
}

void expose_live(const stream::LiveSnapshot& live, const StreamState& state, server::Exposition& out) {
  using Type = server::Exposition::Type;
  const auto real = [](std::int64_t n) { return static_cast<double>(n); };
  out.one("deskhouse_stream_up", Type::gauge, "1 while the stream reads, 0 while it waits to try again.",
          state.is_reading ? 1 : 0);
  out.one("deskhouse_stream_failures_total", Type::counter, "Times that the stream stopped by an error.",
          real(state.failures));
  out.one("deskhouse_stream_events_total", Type::counter, "Events that were published.", real(state.events));
  out.one("deskhouse_stream_micro_batches_total", Type::counter, "Micro-batches that were published.",
          real(state.micro_batches));
  out.one("deskhouse_stream_micro_batch_duration_seconds", Type::gauge, "How long the latest micro-batch took.",
          state.seconds);
  out.family("deskhouse_live_tickets", Type::gauge, "Tickets as of the latest commit, by state.");
  out.sample({{"state", "open"}}, real(live.open));
  out.sample({{"state", "resolved"}}, real(live.resolved));
  out.sample({{"state", "deleted"}}, real(live.deleted));
  out.family("deskhouse_live_open_tickets", Type::gauge, "Open tickets as of the latest commit, by priority.");
  for (std::size_t i = 0; i < live.open_by_priority.size(); ++i)
    out.sample({{"priority", kPriorities[i]}}, real(live.open_by_priority[i]));
  out.one("deskhouse_live_corrections_total", Type::counter, "Changes of windows that were final already.",
          real(live.corrections));
  if (live.windows.empty()) return;
  out.one("deskhouse_live_window_start_timestamp_seconds", Type::gauge, "Start of the newest window of 10 seconds.",
          real(live.windows.front().start.us) / real(kMicrosPerSecond));
  out.family("deskhouse_live_window_tickets", Type::gauge, "Tickets created in the newest window, by priority.");
  for (std::size_t i = 0; i < live.windows.front().tickets.size(); ++i)
    out.sample({{"priority", kPriorities[i]}}, real(live.windows.front().tickets[i]));
}

}  // namespace deskhouse::app
