// What happened to a ticket, read off its observations. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/values.h"

namespace deskhouse::core {

// One row of operational.ticket_events. A field that the event does not state is nullopt; a stated "nobody"
// is an empty text. Callers pass observations ordered by (at, version, id): REQUIRES that order.
struct Observation {
  Timestamp at;
  std::optional<std::string_view> status, assigned_to, group_id;
};

// [from, to) in which a status was held; `to` is nullopt while it still holds at the end of the history.
struct StatusSpan {
  Timestamp from;
  std::optional<Timestamp> to;
  std::string_view status;
};

struct History {
  std::vector<StatusSpan> spans;        // equal neighbours merged; empty when no observation states a status
  std::int64_t reopen_count = 0;        // Resolved or Closed -> Open or Pending
  std::int64_t reassignment_count = 0;  // from one agent to another (gaps with nobody do not count);
                                        // where no observation names an agent, the same for groups
  bool has_agents = false, has_groups = false;
};

// Reuses the vectors of `out`: the hot path allocates nothing once they are warm.
void read_history(std::span<const Observation> observations, History& out);

// Who held the ticket at `at`: the last stated agent at or before it; nullopt if none was stated.
std::optional<std::string_view> holder_at(std::span<const Observation> observations, Timestamp at);

}  // namespace deskhouse::core
