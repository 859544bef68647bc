// The people of the help desk: agents with teams and shifts, and requesters. Both may have a second version:
// a new team, rate or department from some day on. Immutable, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "demo/catalogue.h"
#include "demo/random.h"

namespace deskhouse::demo {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

struct AgentInfo {
  std::int64_t created_s = 0, changed_s = kNever;  // second version from changed_s on
  int group = 0, new_group = 0;
  int cost_cents = 0, new_cost_cents = 0;  // of one hour
  int weekly_hours = 40;
  int shift = 0;  // 0 early, 1 day, 2 late, 3 night
  int group_at(std::int64_t at_s) const { return at_s < changed_s ? group : new_group; }
};

struct RequesterInfo {
  std::int64_t created_s = 0, changed_s = kNever;
  int department = 0, new_department = 0;
  int location = 0;
  bool is_vip = false;
  int department_at(std::int64_t at_s) const { return at_s < changed_s ? department : new_department; }
};

class Staff {
 public:
  Staff(std::uint64_t seed, std::int64_t agents, std::int64_t requesters, std::int64_t start_s, std::int64_t end_s);

  const std::vector<AgentInfo>& agents() const { return agents_; }
  std::int64_t requesters() const { return requesters_; }
  RequesterInfo requester(std::int64_t index) const;

  // An agent who is in the group at that time, if possible on shift; never `except` (-1: nobody excepted).
  int pick_agent(Draw& draw, int group, std::int64_t at_s, int except) const;
  // A requester; few of them ask often.
  std::int64_t pick_requester(Draw& draw) const;

 private:
  AgentInfo make_agent(std::int64_t index) const;
  std::uint64_t seed_;
  std::int64_t requesters_, start_s_, end_s_;
  std::int64_t scatter_;  // coprime to requesters_: the busy ones are not the first ones
  std::vector<AgentInfo> agents_;
  std::array<std::vector<int>, kGroupCount> members_;  // everyone who was ever in the group
};

}  // namespace deskhouse::demo
