// What happens to a ticket of the base in the day after the end (generator.h, generate_delta).
#include <algorithm>

#include "base/result.h"
#include "demo/lifecycle.h"

namespace deskhouse::demo {
namespace {

class NextDay {
 public:
  NextDay(const World& world, Life& life)
      : world_(world), life_(life), draw_(world.seed, Stream::delta, life.index), at_s_(world.end_s) {}

  void write() {
    switch (now().state) {
      case TicketState::fresh:
        return answer();
      case TicketState::in_progress:
        return go_on();
      case TicketState::on_hold:
        add(StepKind::resumed, TicketState::in_progress);
        if (draw_.chance(0.5)) add(StepKind::resolved, TicketState::resolved);
        return;
      case TicketState::resolved:
        if (draw_.chance(0.85))
          add(StepKind::closed, TicketState::closed);
        else
          add(StepKind::reopened, TicketState::in_progress);
        return;
      case TicketState::closed:
        return correct();
    }
  }

 private:
  const Step& now() const { return life_.step[life_.count - 1]; }

  Step& add(StepKind kind, TicketState state) {
    DH_ASSERT(life_.count < kMostSteps, "a ticket has room for the steps of one more day");
    // Two thirds of the time that is left, at most: three steps always fit into the day.
    at_s_ += 1 + draw_.below((world_.next_s - at_s_) * 2 / 3);
    Step& step = life_.step[life_.count] = now();
    ++life_.count;
    step.at_s = at_s_;
    step.kind = kind;
    step.state = state;
    return step;
  }

  void answer() {
    if (now().agent < 0) {
      Step& step = add(StepKind::assigned, TicketState::fresh);
      step.agent = world_.staff.pick_agent(draw_, step.group, step.at_s, -1);
    }
    if (draw_.chance(0.9))
      add(StepKind::responded, TicketState::in_progress);
    else
      raise_priority();
    if (now().state == TicketState::in_progress && draw_.chance(0.4)) add(StepKind::resolved, TicketState::resolved);
  }

  void go_on() {
    const double what = draw_.uniform();
    if (what < 0.60) {
      add(StepKind::resolved, TicketState::resolved);
    } else if (what < 0.75) {
      add(StepKind::held, TicketState::on_hold);
    } else if (what < 0.90) {
      Step& step = add(StepKind::reassigned, TicketState::in_progress);
      step.agent = world_.staff.pick_agent(draw_, step.group, step.at_s, step.agent);
    } else {
      raise_priority();
    }
  }

  void raise_priority() {
    Step& step = add(StepKind::reprioritised, now().state);
    step.priority = static_cast<std::int8_t>(std::min(3, step.priority + 1));
  }

  // A closed ticket: its category was wrong, or it was not solved after all.
  void correct() {
    if (draw_.chance(0.25)) {
      add(StepKind::reopened, TicketState::in_progress);
      return;
    }
    Step& step = add(StepKind::reclassified, TicketState::closed);
    step.category = static_cast<std::int8_t>((step.category + draw_.between(1, kCategories - 1)) % kCategories);
  }

  const World& world_;
  Life& life_;
  Draw draw_;
  std::int64_t at_s_;
};

}  // namespace

void live_one_more_day(const World& world, Life& life) {
  NextDay(world, life).write();
}

}  // namespace deskhouse::demo
