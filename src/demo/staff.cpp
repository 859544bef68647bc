#include "demo/staff.h"

#include <numeric>

namespace deskhouse::demo {
namespace {

constexpr std::int64_t kDay = 86'400;

// Shifts of eight to nine hours; the night shift goes over midnight.
bool on_shift(int shift, std::int64_t at_s) {
  const std::int64_t hour = at_s / 3600 % 24;
  switch (shift) {
    case 0:
      return hour >= 6 && hour < 14;
    case 1:
      return hour >= 8 && hour < 17;
    case 2:
      return hour >= 14 && hour < 22;
    default:
      return hour >= 22 || hour < 6;
  }
}

constexpr std::array<int, 4> kShiftPercent = {20, 58, 16, 6};
constexpr std::array<int, 4> kHoursPercent = {70, 12, 13, 5};
constexpr std::array<int, 4> kWeeklyHours = {40, 36, 32, 24};

}  // namespace

Staff::Staff(std::uint64_t seed, std::int64_t agents, std::int64_t requesters, std::int64_t start_s, std::int64_t end_s)
    : seed_(seed), requesters_(requesters), start_s_(start_s), end_s_(end_s), scatter_(requesters * 382 / 1000 + 1) {
  while (std::gcd(scatter_, requesters_) != 1) ++scatter_;
  for (std::int64_t i = 0; i < agents; ++i) {
    agents_.push_back(make_agent(i));
    const auto& agent = agents_.back();
    members_[static_cast<std::size_t>(agent.group)].push_back(static_cast<int>(i));
    if (agent.new_group != agent.group)
      members_[static_cast<std::size_t>(agent.new_group)].push_back(static_cast<int>(i));
  }
}

AgentInfo Staff::make_agent(std::int64_t index) const {
  Draw draw(seed_, Stream::agent, index);
  AgentInfo agent;
  std::array<int, kGroupCount> percent;
  for (std::size_t g = 0; g < kGroupCount; ++g) percent[g] = kGroups[g].agent_percent;
  const int drawn = draw.weighted(percent);
  // The first agents hold one group each for good, so that no group is ever without a member.
  agent.group = agent.new_group = index < kGroupCount ? static_cast<int>(index) : drawn;
  agent.created_s = start_s_ - draw.between(30, 1500) * kDay + draw.below(kDay);
  agent.cost_cents = agent.new_cost_cents = static_cast<int>(draw.between(56, 150)) * 50;
  agent.weekly_hours = kWeeklyHours[static_cast<std::size_t>(draw.weighted(kHoursPercent))];
  agent.shift = draw.weighted(kShiftPercent);
  const bool changes = draw.chance(0.25);
  const std::int64_t changed_s = start_s_ + draw.between(60, (end_s_ - start_s_) / kDay - 60) * kDay + 9 * 3600;
  if (!changes) return agent;
  agent.changed_s = changed_s;
  if (index < kGroupCount || draw.chance(0.3)) {
    agent.new_cost_cents = agent.cost_cents + static_cast<int>(draw.between(2, 12)) * 50;
  } else {
    agent.new_group = static_cast<int>((agent.group + draw.between(1, kGroupCount - 1)) % kGroupCount);
  }
  return agent;
}

RequesterInfo Staff::requester(std::int64_t index) const {
  Draw draw(seed_, Stream::requester, index);
  RequesterInfo person;
  std::array<int, kDepartmentCount> percent;
  for (std::size_t d = 0; d < kDepartmentCount; ++d) percent[d] = kDepartments[d].percent;
  person.department = person.new_department = draw.weighted(percent);
  person.location = static_cast<int>(draw.below(static_cast<std::int64_t>(kLocations.size())));
  person.is_vip = draw.chance(0.03);
  person.created_s = start_s_ - draw.between(1, 2000) * kDay + draw.below(kDay);
  if (draw.chance(0.08)) {
    person.changed_s = start_s_ + draw.between(60, (end_s_ - start_s_) / kDay - 60) * kDay + 8 * 3600;
    person.new_department =
        static_cast<int>((person.department + draw.between(1, kDepartmentCount - 1)) % kDepartmentCount);
  }
  return person;
}

int Staff::pick_agent(Draw& draw, int group, std::int64_t at_s, int except) const {
  const auto& members = members_[static_cast<std::size_t>(group)];
  int fallback = -1;
  for (int attempt = 0; attempt < 6; ++attempt) {
    const double u = draw.uniform();
    // A little skewed: some agents take more tickets than others.
    const int agent = members[static_cast<std::size_t>(static_cast<double>(members.size()) * (0.6 * u + 0.4 * u * u))];
    const auto& info = agents_[static_cast<std::size_t>(agent)];
    if (agent == except || info.group_at(at_s) != group) continue;
    if (on_shift(info.shift, at_s)) return agent;
    fallback = agent;
  }
  if (fallback >= 0) return fallback;
  // The group's permanent member, or the next group's where that one is excepted.
  return group != except ? group : (group + 1) % kGroupCount;
}

std::int64_t Staff::pick_requester(Draw& draw) const {
  const double u = draw.uniform();
  const double skewed = draw.chance(0.7) ? u * u : u;
  const auto rank = static_cast<std::int64_t>(skewed * static_cast<double>(requesters_));
  return (rank * scatter_ + 17) % requesters_;
}

}  // namespace deskhouse::demo
