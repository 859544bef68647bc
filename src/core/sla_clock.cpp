#include "core/sla_clock.h"

#include <algorithm>

namespace deskhouse::core {
namespace {

bool is_done(std::string_view status) {
  return status == "Resolved" || status == "Closed";
}

}  // namespace

void find_stops(const TicketInput& ticket, const SlaPolicy& policy, const History& history,
                std::vector<Calendar::Span>& out) {
  out.clear();
  auto spans = std::span<const StatusSpan>(history.spans);
  const auto end = end_of_clock(ticket);
  if (end)
    while (!spans.empty() && is_done(spans.back().status)) spans = spans.first(spans.size() - 1);

  const auto last_end = end.value_or(kNeverEnds);
  for (const auto& span : spans) {
    if (std::ranges::find(policy.stop_statuses, span.status) == policy.stop_statuses.end()) continue;
    const auto from = std::max(span.from, ticket.created_at), to = span.to.value_or(last_end);
    if (to <= from) continue;
    if (!out.empty() && out.back().to == from)
      out.back().to = to;
    else
      out.push_back({from, to});
  }
}

std::int64_t SlaClock::elapsed_us(Timestamp end) const {
  std::int64_t elapsed = calendar_.open_us(created_at_, end);
  for (const auto& stop : stops_) {
    if (stop.from >= end) break;
    elapsed -= calendar_.open_us(stop.from, std::min(stop.to, end));
  }
  return elapsed;
}

// The earliest instant at which that much has elapsed.
Timestamp SlaClock::reaches(std::int64_t target_us) const {
  std::int64_t left_us = target_us;
  Timestamp from = created_at_;
  for (const auto& stop : stops_) {
    const std::int64_t ran_us = calendar_.open_us(from, stop.from);
    if (ran_us >= left_us) break;
    if (stop.to == kNeverEnds) return kNeverEnds;
    left_us -= ran_us;
    from = stop.to;
  }
  return calendar_.add_open_us(from, left_us).value_or(kNeverEnds);
}

SlaClock::Deadline SlaClock::deadline(std::int64_t target_us) const {
  const auto due = reaches(target_us);
  // A clock that never stands still exceeds a target as soon as it is used up.
  if (calendar_.always_open() && stops_.empty()) return {due, due};
  // The microsecond that exceeds the target ends where one more has been counted; its start is still in time.
  const auto exceeded = reaches(target_us + 1);
  return {due, exceeded == kNeverEnds ? kNeverEnds : Timestamp{exceeded.us - 1}};
}

}  // namespace deskhouse::core
