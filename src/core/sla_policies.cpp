#include <algorithm>

#include "core/sla.h"

namespace deskhouse::core {
namespace {

constexpr int kMediumRank = 1;

SlaTarget target_of_hours(std::int64_t hours) {
  return {hours * kMicrosPerHour / 4, hours * kMicrosPerHour};
}

SlaPolicy make_default_policy() {
  SlaPolicy policy;
  policy.by_priority = {target_of_hours(72), target_of_hours(24), target_of_hours(8), target_of_hours(4)};
  return policy;
}

bool is_conditional(const SlaPolicy& policy) {
  return !policy.groups.empty() || !policy.categories.empty() || !policy.types.empty();
}

bool contains(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

inline bool allows(const std::vector<std::string>& wanted, std::string_view value) {
  return wanted.empty() || contains(wanted, value);
}

}  // namespace

std::optional<int> priority_rank(std::string_view priority) {
  // Every ticket asks this. The lengths all differ, and a comparison of known length is a few instructions.
  switch (priority.size()) {
    case 3:
      return priority == "Low" ? std::optional(0) : std::nullopt;
    case 6:
      return priority == "Medium" ? std::optional(1) : std::nullopt;
    case 4:
      return priority == "High" ? std::optional(2) : std::nullopt;
    case 8:
      return priority == "Critical" ? std::optional(3) : std::nullopt;
    default:
      return std::nullopt;
  }
}

SlaPolicies::SlaPolicies() : SlaPolicies(std::vector<SlaPolicy>{}) {}

SlaPolicies::SlaPolicies(std::vector<SlaPolicy> in_order) : policies_(std::move(in_order)) {
  for (const auto& policy : policies_) DH_ASSERT(policy.calendar != nullptr, "a policy has a calendar");
  const bool is_complete =
      !policies_.empty() && !is_conditional(policies_.back()) &&
      std::ranges::all_of(policies_.back().by_priority, [](const auto& t) { return t.has_value(); });
  if (!is_complete) policies_.push_back(make_default_policy());
}

SlaPolicies::Choice SlaPolicies::choose(std::string_view priority, std::string_view group, std::string_view category,
                                        std::string_view type) const {
  const auto rank = static_cast<std::size_t>(priority_rank(priority).value_or(kMediumRank));
  for (const auto& policy : policies_) {
    const auto& target = policy.by_priority[rank];
    if (target && allows(policy.groups, group) && allows(policy.categories, category) && allows(policy.types, type))
      return {&policy, *target};
  }
  DH_ASSERT(false, "the last policy always applies");
  return {};
}

SlaTarget SlaPolicies::default_target(int rank) const {
  DH_ASSERT(rank >= 0 && rank < 4, "there are four priorities");
  for (const auto& policy : policies_) {
    const auto& target = policy.by_priority[static_cast<std::size_t>(rank)];
    if (target && !is_conditional(policy)) return *target;
  }
  DH_ASSERT(false, "the last policy always applies");
  return {};
}

}  // namespace deskhouse::core
