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
  std::shared_ptr<const Calendar> calendar;             // never null
  // Statuses in which the clock stands still. Default: Pending, Resolved, Closed.
  std::vector<std::string> stop_statuses;
};

// Policies in order; the first that applies and has a target for the priority wins. The last is the default
// and always applies: Critical 4 h, High 8 h, Medium 24 h, Low 72 h; response a quarter of that; 24x7.
class SlaPolicies {
 public:
  SlaPolicies();  // only the default
  explicit SlaPolicies(std::vector<SlaPolicy> in_order);  // the default is appended if the last is conditional
  struct Choice {
    const SlaPolicy* policy;
    SlaTarget target;
  };
  // `priority` is a canonical name. Never fails.
  Choice choose(std::string_view priority, std::string_view group, std::string_view category,
                std::string_view type) const;
  const std::vector<SlaPolicy>& policies() const { return policies_; }
  // The targets of the default policy by rank, for dim_priority.
  SlaTarget default_target(int rank) const;

 private:
  std::vector<SlaPolicy> policies_;
};

struct TicketInput {
  std::string_view status, priority, category;
  std::string_view type, group_id;                 // empty: none
  std::optional<std::string_view> assigned_to;
  Timestamp created_at;
  std::optional<Timestamp> first_response_at, resolved_at;
  std::optional<std::int64_t> source_reopen_count, source_reassignment_count;
  std::span<const Observation> history;            // ordered; empty: no pause, the source's counters are used
};

// Measures of one ticket (core.fact_tickets). A measure whose end lies before created_at is NULL, and such a
// ticket is neither met nor breached.
struct TicketMeasures {
  std::optional<double> first_response_minutes;     // exact, from microseconds
  std::optional<double> resolution_hours;
  std::optional<double> business_resolution_hours;  // open calendar time in which the clock ran
  std::optional<Timestamp> due_at;           // the instant at which the resolution target is used up; NULL while
                                             // the clock stands still on an unresolved ticket
  std::optional<Timestamp> response_due_at;  // the same for the response target
  // true: elapsed > target at resolved_at, or as of now when unresolved. NULL: resolved before created.
  std::optional<bool> sla_breached;
  // The same at first_response_at; unanswered: at resolved_at, else as of now. NULL: answered before created.
  std::optional<bool> response_breached;
  std::int64_t reopen_count = 0;
  std::int64_t reassignment_count = 0;
  std::optional<std::string_view> breach_agent_id;  // who held it at due_at, if breached (views the input)
  bool is_open = false;                             // status is Open or Pending
};

// Scratch memory that a caller keeps between tickets; one per thread.
struct MeasureScratch {
  History history;
  std::vector<Calendar::Span> stops;
};

TicketMeasures measure_ticket(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of,
                              MeasureScratch& scratch);

// The minute ledger: consecutive spans from created_at to the end of the clock (resolved_at or as_of).
struct LedgerLine {
  enum class Kind { counted, stopped, closed };  // closed: outside the calendar's open hours
  Timestamp from, to;
  Kind kind;
  std::string_view status;    // as known from the history; empty without one
  std::int64_t elapsed_us;    // counted so far, at `to`
};
std::vector<LedgerLine> sla_ledger(const TicketInput& ticket, const SlaPolicies& policies, Timestamp as_of);

// Book value after `months` whole months (month of purchase = 0), exact to four decimals, rounded half up, never
// below salvage. Methods: straight_line, declining_balance (double rate, 2/life a month), sum_of_years (by month).
// nullopt when cost, life or method is missing or the life is not positive.
std::optional<Decimal> book_value(std::optional<std::string_view> method, std::optional<Decimal> cost,
                                  std::optional<Decimal> salvage, std::optional<std::int64_t> life_months,
                                  std::int64_t months);

}  // namespace deskhouse::core
