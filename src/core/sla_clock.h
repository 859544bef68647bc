// The clock of one ticket against one policy: when it runs, what it has counted, when it reaches a target.
// Shared by the measures and the ledger, so that explain sla cannot tell another story than the fact. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/calendar.h"
#include "core/history.h"
#include "core/sla.h"

namespace deskhouse::core {

// The spans in which the clock of a ticket stands still: in order, apart from each other, none before
// created_at. `to` of the last is kNeverEnds while it still holds. Reuses `out`.
//   * A ticket that has ended (end_of_clock) and whose history ends in Resolved or Closed is not stopped by that end:
//   it is
//     what its end says, and the two clocks of a source need not agree to the second.
//   * A stop that such a ticket never left (Pending) ends at that end at the latest.
inline constexpr Timestamp kNeverEnds{INT64_MAX};
void find_stops(const TicketInput& ticket, const SlaPolicy& policy, const History& history,
                std::vector<Calendar::Span>& out);

// Views its arguments.
class SlaClock {
 public:
  SlaClock(const Calendar& calendar, Timestamp created_at, std::span<const Calendar::Span> stops)
      : calendar_(calendar), created_at_(created_at), stops_(stops) {}

  // Counted from created_at to `end`.
  std::int64_t elapsed_us(Timestamp end) const;
  // When a target is used up (`due`) and when it is exceeded (`breach_after`): see TicketMeasures.
  // kNeverEnds: not at all, or after 2150. Plain instants, as an optional passed through memory costs more
  // than the arithmetic.
  struct Deadline {
    Timestamp due, breach_after;
  };
  Deadline deadline(std::int64_t target_us) const;

 private:
  Timestamp reaches(std::int64_t target_us) const;

  const Calendar& calendar_;
  Timestamp created_at_;
  std::span<const Calendar::Span> stops_;
};

}  // namespace deskhouse::core
