#include "core/sla_clock.h"

namespace deskhouse::core {
namespace {

double as_unit(std::int64_t us, std::int64_t unit_us) {
  return static_cast<double>(us) / static_cast<double>(unit_us);
}

void count_from_history(const TicketInput& ticket, const History& history, TicketMeasures& out) {
  const bool states_status = !history.spans.empty();
  out.reopen_count = states_status ? history.reopen_count : ticket.source_reopen_count.value_or(0);
  const bool names_holder = history.has_agents || history.has_groups;
  out.reassignment_count = names_holder ? history.reassignment_count : ticket.source_reassignment_count.value_or(0);
}

void set(std::optional<Timestamp>& out, Timestamp at) {
  if (at != kNeverEnds) out.emplace(at);
}

void measure_response(const TicketInput& ticket, const SlaClock& clock, std::int64_t target_us, Timestamp as_of,
                      TicketMeasures& out) {
  const auto deadline = clock.deadline(target_us);
  set(out.response_due_at, deadline.due);
  set(out.response_breach_after, deadline.breach_after);
  const bool is_answered = ticket.first_response_at.has_value();
  const auto ended = end_of_clock(ticket);
  const bool has_end = is_answered || ended.has_value();
  const auto end = is_answered ? *ticket.first_response_at : ended.value_or(as_of);
  if (has_end && end < ticket.created_at) return;
  out.response_breached.emplace(end > deadline.breach_after);
  if (is_answered) out.first_response_minutes.emplace(as_unit(end.us - ticket.created_at.us, kMicrosPerMinute));
}

void measure_resolution(const TicketInput& ticket, const SlaClock& clock, std::int64_t target_us, Timestamp as_of,
                        TicketMeasures& out) {
  const auto deadline = clock.deadline(target_us);
  set(out.due_at, deadline.due);
  set(out.breach_after, deadline.breach_after);
  const auto ended = end_of_clock(ticket);
  const auto end = ended.value_or(as_of);
  if (ended && end < ticket.created_at) return;
  const std::int64_t elapsed_us = clock.elapsed_us(end);
  out.sla_breached.emplace(elapsed_us > target_us);
  if (!ticket.resolved_at) return;  // it ended, but when it was resolved is not known
  out.resolution_hours.emplace(as_unit(end.us - ticket.created_at.us, kMicrosPerHour));
  out.business_resolution_hours.emplace(as_unit(elapsed_us, kMicrosPerHour));
}

void find_breach_agent(const TicketInput& ticket, bool history_names_agents, TicketMeasures& out) {
  const auto holder = history_names_agents ? holder_at(ticket.history, *out.breach_after) : ticket.assigned_to;
  if (holder && !holder->empty()) out.breach_agent_id.emplace(*holder);
}

}  // namespace

TicketMeasures measure_ticket(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of,
                              MeasureScratch& scratch) {
  TicketMeasures out;
  const auto choice = policies.choose(ticket.priority, ticket.group_id, ticket.category, ticket.type);
  out.is_open = ticket.status == "Open" || ticket.status == "Pending";

  // Most tickets of a bulk load have no history: they skip all that a history costs.
  std::span<const Calendar::Span> stops;
  bool history_names_agents = false;
  if (ticket.history.empty()) {
    out.reopen_count = ticket.source_reopen_count.value_or(0);
    out.reassignment_count = ticket.source_reassignment_count.value_or(0);
  } else {
    read_history(ticket.history, scratch.history);
    count_from_history(ticket, scratch.history, out);
    find_stops(ticket, *choice.policy, scratch.history, scratch.stops);
    stops = scratch.stops;
    history_names_agents = scratch.history.has_agents;
  }

  const SlaClock clock(*choice.policy->calendar, ticket.created_at, stops);
  measure_response(ticket, clock, choice.target.response_us, as_of, out);
  measure_resolution(ticket, clock, choice.target.resolution_us, as_of, out);
  if (out.sla_breached.value_or(false) && out.breach_after) find_breach_agent(ticket, history_names_agents, out);
  return out;
}

}  // namespace deskhouse::core
