#include "stream/live_metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace deskhouse::stream {

Status LiveMetrics::catch_up(warehouse::Connection& connection, std::int64_t last_run) {
  {
    const std::lock_guard lock(mutex_);
    if (last_run_ == last_run) return {};
    const auto version = totals_.data_version;
    tickets_.clear();
    windows_.clear();
    const auto corrections = totals_.corrections;
    totals_ = {.data_version = version + 1, .corrections = corrections};
    last_run_ = -1;
  }
  DH_TRY(read(connection, "true", false));
  const std::lock_guard lock(mutex_);
  last_run_ = last_run;
  return {};
}

Status LiveMetrics::follow(warehouse::Connection& connection, std::int64_t run_id) {
  DH_TRY(read(connection, fmt::format("run_id = {}", run_id), true));
  const std::lock_guard lock(mutex_);
  last_run_ = run_id;
  return {};
}

Status LiveMetrics::read(warehouse::Connection& connection, const std::string& condition, bool is_news) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format(
                "select key, created_at, updated_at, case priority when 'Low' then 0 when 'Medium' then 1 when 'High' "
                "then 2 else 3 end, status in ('Open', 'Pending'), is_deleted from operational.tickets where {}",
                condition)));
  const std::lock_guard lock(mutex_);
  ++totals_.data_version;
  // First how late it is, then what comes too late for it: the order of the rows must not matter.
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    totals_.event_time.us = std::max(totals_.event_time.us, rows.integer(i, 2));
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    const Counted now{floor_div(rows.integer(i, 1), kWindowUs) * kWindowUs,
                      static_cast<std::int8_t>(rows.integer(i, 3)), rows.integer(i, 4) != 0, rows.integer(i, 5) != 0};
    const auto [known, is_new] = tickets_.try_emplace(rows.integer(i, 0), now);
    if (!is_new) {
      const auto& before = known->second;
      const bool moves =
          before.window_us != now.window_us || before.priority != now.priority || before.is_deleted != now.is_deleted;
      count(before, -1, is_news && moves);
      known->second = now;
      count(now, 1, false);
    } else {
      count(now, 1, is_news);
    }
  }
  return {};
}

// A deleted ticket counts as nothing else.
void LiveMetrics::count(const Counted& ticket, std::int64_t by, bool is_news) {
  if (is_news && ticket.window_us + kWindowUs + late_us_ <= totals_.event_time.us) ++totals_.corrections;
  if (ticket.is_deleted) {
    totals_.deleted += by;
    return;
  }
  const auto priority = static_cast<std::size_t>(ticket.priority);
  const auto window = windows_.try_emplace(ticket.window_us).first;
  window->second[priority] += by;
  if (window->second == ByPriority{}) windows_.erase(window);
  totals_.tickets += by;
  (ticket.is_open ? totals_.open : totals_.resolved) += by;
  if (ticket.is_open) totals_.open_by_priority[priority] += by;
}

LiveSnapshot LiveMetrics::snapshot(std::size_t windows) const {
  const std::lock_guard lock(mutex_);
  auto snapshot = totals_;
  for (auto window = windows_.rbegin(); window != windows_.rend() && snapshot.windows.size() < windows; ++window)
    snapshot.windows.push_back(
        {{window->first}, window->second, window->first + kWindowUs + late_us_ <= snapshot.event_time.us});
  return snapshot;
}

}  // namespace deskhouse::stream
