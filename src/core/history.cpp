#include "core/history.h"

namespace deskhouse::core {
namespace {

bool is_done(std::string_view status) {
  return status == "Resolved" || status == "Closed";
}
bool is_to_do(std::string_view status) {
  return status == "Open" || status == "Pending";
}

// Takes the next stated status. A status that held for no time leaves no span, but it did happen: going
// through it counts as a reopening.
void add_status(History& history, Timestamp at, std::string_view status) {
  auto& spans = history.spans;
  if (!spans.empty()) {
    if (spans.back().status == status) return;
    if (is_done(spans.back().status) && is_to_do(status)) ++history.reopen_count;
    if (spans.back().from < at)
      spans.back().to = at;
    else
      spans.pop_back();
  }
  if (!spans.empty() && spans.back().status == status)
    spans.back().to.reset();
  else
    spans.push_back({at, std::nullopt, status});
}

// Counts changes from one named holder to another; nobody in between is no holder.
class Handovers {
 public:
  void add(std::optional<std::string_view> holder) {
    if (!holder || holder->empty()) return;
    if (!last_.empty() && last_ != *holder) ++count_;
    last_ = *holder;
  }
  bool any() const { return !last_.empty(); }
  std::int64_t count() const { return count_; }

 private:
  std::string_view last_;
  std::int64_t count_ = 0;
};

}  // namespace

void read_history(std::span<const Observation> observations, History& out) {
  out.spans.clear();
  out.reopen_count = 0;
  Handovers agents, groups;
  for (const auto& seen : observations) {
    if (seen.status) add_status(out, seen.at, *seen.status);
    agents.add(seen.assigned_to);
    groups.add(seen.group_id);
  }
  out.has_agents = agents.any();
  out.has_groups = groups.any();
  out.reassignment_count = agents.any() ? agents.count() : groups.count();
}

std::optional<std::string_view> holder_at(std::span<const Observation> observations, Timestamp at) {
  std::optional<std::string_view> holder;
  for (const auto& seen : observations) {
    if (seen.at > at) break;
    if (seen.assigned_to) holder = seen.assigned_to;
  }
  return holder;
}

}  // namespace deskhouse::core
