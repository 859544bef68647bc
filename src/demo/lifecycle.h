// The life of one ticket as a list of steps, and its state at any instant of it. The ticket file is the state
// at the end, an older version the state at an earlier step, the event log the steps themselves: so they
// cannot disagree.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "demo/world.h"

namespace deskhouse::demo {

enum class StepKind : std::uint8_t {
  created,
  assigned,
  responded,
  held,
  resumed,
  reassigned,
  resolved,
  reopened,
  closed,
  reprioritised,
  reclassified
};

// What happened, and how things stand after it.
struct Step {
  std::int64_t at_s = 0;  // greater than that of the step before
  StepKind kind = StepKind::created;
  TicketState state = TicketState::fresh;
  std::int8_t priority = 0, category = 0, sub_category = 0, group = 0;
  std::int32_t agent = -1;  // -1: nobody
};

inline constexpr std::size_t kMostSteps = 32;

struct Life {
  std::int64_t index = 0;  // of the ticket, from 0
  Flaw flaw = Flaw::none;
  std::int8_t type = 0, channel = 0, department = 0;
  std::int64_t requester = 0, asset = -1, problem = -1;
  std::int64_t base_steps = 0;  // of the steps, those up to the end of the base; the others are the delta's
  std::array<Step, kMostSteps> step;
  std::size_t count = 0;
  std::span<const Step> steps() const { return {step.data(), count}; }
};

// A ticket after the last of some steps; times are -1 while they have not come.
struct State {
  Step last;
  std::int64_t created_s = -1, responded_s = -1, resolved_s = -1, closed_s = -1;
  std::int64_t reopened = 0, reassigned = 0;
  bool is_eventful = false;  // was held, reassigned, reopened or reclassified: its log is exported
  std::int64_t updated_s() const { return last.at_s; }
};

// The ticket's life up to the end of the base, or of the day after it for an added one (index >=
// world.tickets). REQUIRES 0 <= index < world.tickets + world.added. Pure.
Life make_life(const World& world, std::int64_t index);

// Appends what happens to a ticket of the base in the day after the end: at least one step.
void live_one_more_day(const World& world, Life& life);

// REQUIRES at least one step.
State state_after(std::span<const Step> steps);

}  // namespace deskhouse::demo
