// Service levels: which target a ticket has, when it is due, whether it was met. Spec 3, "SLA policy"; the
// decisions with their reasons are in docs/decisions/. Pure: `as_of` and the policies come in as arguments.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.h"
#include "core/history.h"

namespace deskhouse::core {

// Low, Medium, High, Critical = 0..3; nullopt for anything else.
std::optional<int> priority_rank(std::string_view priority);

struct SlaTarget {
  std::int64_t response_us = 0;
  std::int64_t resolution_us = 0;
};

// One policy; it applies where each of its non-empty lists contains the ticket's value.
struct SlaPolicy {
  std::string name = "default";
  std::vector<std::string> groups, categories, types;
  std::array<std::optional<SlaTarget>, 4> by_priority;  // by rank; an absent one falls through to the next policy
  std::shared_ptr<const Calendar> calendar = std::make_shared<const Calendar>();  // never null; 24x7
  // Statuses in which the clock stands still.
  std::vector<std::string> stop_statuses = {"Pending", "Resolved", "Closed"};
};

// Policies in order; the first that applies and has a target for the priority wins. The last is the default
// and always applies: Critical 4 h, High 8 h, Medium 24 h, Low 72 h; response a quarter of that; 24x7.
// Immutable, thread-safe.
class SlaPolicies {
 public:
  SlaPolicies();  // only the default
  // The default is appended unless the last applies to every ticket and has all four targets.
  explicit SlaPolicies(std::vector<SlaPolicy> in_order);
  struct Choice {
    const SlaPolicy* policy;
    SlaTarget target;
  };
  // `priority` is a canonical name; any other is taken as Medium, as an absent one is. Never fails.
  Choice choose(std::string_view priority, std::string_view group, std::string_view category,
                std::string_view type) const;
  const std::vector<SlaPolicy>& policies() const { return policies_; }
  // What a ticket gets to which no conditional policy applies, by rank (0..3); for dim_priority.
  SlaTarget default_target(int rank) const;

 private:
  std::vector<SlaPolicy> policies_;
};

struct TicketInput {
  std::string_view status, priority, category;
  std::string_view type, group_id;  // empty: none
  std::optional<std::string_view> assigned_to;
  Timestamp created_at;
  std::optional<Timestamp> first_response_at, resolved_at;
  // When a Resolved or Closed ticket ended that has no resolved_at (its closed_at, say): its clock ran until then.
  std::optional<Timestamp> ended_at;
  std::optional<std::int64_t> source_reopen_count, source_reassignment_count;
  std::span<const Observation> history;  // ordered; empty: no pause, the source's counters are used
};

// Measures of one ticket (core.fact_tickets). A measure whose end lies before created_at is NULL, and such a
// ticket is neither met nor breached. docs/decisions/0004 and 0007 have the rules and reasons.
struct TicketMeasures {
  // Sets what says "absent" and no more: zeroing the whole row took a quarter of the time of a bulk load
  // here.
  TicketMeasures() noexcept {}
  std::optional<double> first_response_minutes;  // exact, from microseconds
  std::optional<double> resolution_hours;
  std::optional<double> business_resolution_hours;  // open calendar time in which the clock ran
  // The earliest instant at which the resolution target is used up, for people to read; NULL while the clock
  // stands still on an unresolved ticket that has not used it up, or when that is after 2150.
  std::optional<Timestamp> due_at;
  std::optional<Timestamp> response_due_at;  // the same for the response target
  // The last instant at which the target is not yet exceeded: sla_breached == (breach_after && end >
  // *breach_after). Later than due_at only where the target is used up just as the calendar closes or the
  // clock stops: such a ticket is in time until the clock runs again. So this, not due_at, tells when a
  // verdict turns.
  std::optional<Timestamp> breach_after;
  std::optional<Timestamp> response_breach_after;
  // true: elapsed > target at the end of the clock (end_of_clock), or as of now where there is none yet. NULL: it ended
  // before it was created.
  std::optional<bool> sla_breached;
  // The same at first_response_at; unanswered: at the end of the clock, else as of now. NULL: that end is before
  // created_at.
  std::optional<bool> response_breached;
  std::int64_t reopen_count = 0;
  std::int64_t reassignment_count = 0;
  // Who held it at breach_after, if sla_breached (views the input): by the history where that names agents at
  // all, else assigned_to. NULL when nobody did, or nobody is known to.
  std::optional<std::string_view> breach_agent_id;
  bool is_open = false;  // status is Open or Pending
};

// resolved_at, else ended_at; none: the ticket is unresolved, and what depends on now goes on.
inline std::optional<Timestamp> end_of_clock(const TicketInput& ticket) {
  return ticket.resolved_at ? ticket.resolved_at : ticket.ended_at;
}

// Scratch memory that a caller keeps between tickets; one per thread. Nothing in it outlives a call.
struct MeasureScratch {
  History history;
  std::vector<Calendar::Span> stops;
};

// A ticket resolved or answered after as_of is measured as resolved or answered all the same.
TicketMeasures measure_ticket(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of,
                              MeasureScratch& scratch);

// The minute ledger: consecutive spans from created_at to the end of the clock or as_of,
// without a hole; the last line's elapsed_us is what the target is compared with. Empty when the end is not
// after created_at.
struct LedgerLine {
  enum class Kind { counted, stopped, closed };  // closed: outside the calendar's open hours, and not stopped
  Timestamp from, to;
  Kind kind;
  std::string_view status;  // as known from the history; empty without one
  std::int64_t elapsed_us;  // counted so far, at `to`
};
std::vector<LedgerLine> sla_ledger(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of);

}  // namespace deskhouse::core
