#include "demo/lifecycle.h"

#include <algorithm>

#include "base/result.h"

namespace deskhouse::demo {
namespace {

// Medians by priority rank, Low first. The default SLA (72, 24, 8, 4 h; response a quarter) is met by most.
constexpr std::array<double, 4> kMedianResponse_s = {4.0 * kHour, 1.7 * kHour, 36.0 * kMinute, 14.0 * kMinute};
constexpr std::array<double, 4> kMedianResolution_s = {20.0 * kHour, 9.0 * kHour, 3.4 * kHour, 1.6 * kHour};
constexpr double kHeldShare = 0.17, kHeldAgainShare = 0.2;
constexpr double kReassignedShare = 0.13, kReassignedAgainShare = 0.22;
constexpr double kReopenedShare = 0.05, kReopenedAgainShare = 0.12;

// Chance that a ticket gets stuck before it is resolved: mostly the young ones, so that about 4 % are open at
// the end, recent ones above all.
double stuck_share(std::int64_t age_s) {
  const double age = static_cast<double>(age_s) / (40.0 * kDay);
  return 0.008 + 0.55 / (1 + age * age);
}

// Writes the steps of one life in order of time.
class Author {
 public:
  Author(const World& world, Life& life) : world_(world), life_(life), draw_(world.seed, Stream::life, life.index) {}

  void write(std::int64_t created_s, Step first, std::int64_t horizon_s) {
    first.at_s = created_s;
    life_.step[life_.count++] = first;
    if (life_.flaw != Flaw::none && needs_resolution(life_.flaw)) return write_plain(horizon_s);
    const bool stuck = draw_.chance(stuck_share(horizon_s - created_s));
    if (begin(horizon_s, stuck) && middle(stuck)) finish();
    cut(horizon_s);
  }

 private:
  static bool needs_resolution(Flaw flaw) { return is_bare(flaw) || flaw == Flaw::older_version; }

  Step& add(StepKind kind, double after_s, TicketState state) {
    DH_ASSERT(life_.count < kMostSteps, "a ticket has fewer steps than a Life can hold");
    const Step& before = life_.step[life_.count - 1];
    Step& step = life_.step[life_.count++] = before;
    step.at_s = before.at_s + std::max<std::int64_t>(1, static_cast<std::int64_t>(after_s));
    step.kind = kind;
    step.state = state;
    return step;
  }
  const Step& now() const { return life_.step[life_.count - 1]; }
  double work_s() {
    return kMedianResolution_s[static_cast<std::size_t>(now().priority)] * lognormal(draw_, Spread::usual);
  }

  // Assignment and first response; false if a stuck ticket is not even answered.
  bool begin(std::int64_t horizon_s, bool stuck) {
    const double wait_s = kMedianResponse_s[static_cast<std::size_t>(now().priority)] * lognormal(draw_, Spread::usual);
    if (stuck && horizon_s - now().at_s < 3 * kDay && draw_.chance(0.3)) return false;
    Step& assigned = add(StepKind::assigned, wait_s * 0.4 * draw_.uniform(), TicketState::fresh);
    assigned.agent = world_.staff.pick_agent(draw_, assigned.group, assigned.at_s, -1);
    add(StepKind::responded, static_cast<double>(life_.step[0].at_s) + wait_s - static_cast<double>(assigned.at_s),
        TicketState::in_progress);
    return true;
  }

  // Reassignments and pauses, with the work between them; false if a stuck ticket ends here.
  bool middle(bool stuck) {
    const double work = work_s();
    double left = 1;
    for (double share = kReassignedShare; draw_.chance(share); share = kReassignedAgainShare) {
      reassign(work * left * 0.35 * draw_.uniform());
      left *= 0.8;
      if (life_.count > 8) break;
    }
    const bool stuck_on_hold = stuck && draw_.chance(0.35);
    double held = stuck_on_hold ? 1 : stuck ? 0 : kHeldShare;
    while (draw_.chance(held)) {
      add(StepKind::held, work * left * 0.4 * draw_.uniform() + kMinute, TicketState::on_hold);
      if (stuck_on_hold) return false;
      add(StepKind::resumed, 14.0 * kHour * lognormal(draw_, Spread::wide), TicketState::in_progress);
      left *= 0.7;
      held = life_.count > 14 ? 0 : kHeldAgainShare;
    }
    if (stuck) return false;
    add(StepKind::resolved, work * left, TicketState::resolved);
    return true;
  }

  void reassign(double after_s) {
    Step& step = add(StepKind::reassigned, after_s + kMinute, now().state);
    const int expert = kCategoryTable[static_cast<std::size_t>(step.category)].group;
    if (step.group != expert || draw_.chance(0.2)) {
      step.group = static_cast<std::int8_t>(step.group != expert ? expert : draw_.below(kGroupCount));
    }
    step.agent = world_.staff.pick_agent(draw_, step.group, step.at_s, step.agent);
  }

  void finish() {
    for (double share = kReopenedShare; draw_.chance(share); share = kReopenedAgainShare) {
      if (life_.count > 24) break;
      add(StepKind::reopened, kHour * (1 + 60 * draw_.uniform() * draw_.uniform()), TicketState::in_progress);
      add(StepKind::resolved, work_s() * 0.7, TicketState::resolved);
    }
    // Closed by the help desk after three days, unless the requester does it before.
    const bool by_requester = draw_.chance(0.3);
    add(StepKind::closed, by_requester ? kHour + 70.0 * kHour * draw_.uniform() : 3.0 * kDay, TicketState::closed);
  }

  // For flaws that need a resolved ticket: straight on, faster where the end is near.
  void write_plain(std::int64_t horizon_s) {
    begin(horizon_s, false);
    add(StepKind::resolved, work_s(), TicketState::resolved);
    const std::int64_t created_s = life_.step[0].at_s;
    const double room = static_cast<double>(horizon_s - created_s) * 0.9;
    const double taken = static_cast<double>(now().at_s - created_s);
    if (taken > room) {
      for (std::size_t i = 1; i < life_.count; ++i) {
        const double after = static_cast<double>(life_.step[i].at_s - created_s) * room / taken;
        life_.step[i].at_s = std::max(created_s + static_cast<std::int64_t>(after), life_.step[i - 1].at_s + 1);
      }
    }
    if (life_.flaw == Flaw::dangling_agent) {
      const auto ghost = static_cast<std::int32_t>(world_.agents + draw_.below(9));
      for (std::size_t i = 1; i < life_.count; ++i) life_.step[i].agent = ghost;
    }
    add(StepKind::closed, 3.0 * kDay, TicketState::closed);
    cut(horizon_s);
  }

  void cut(std::int64_t horizon_s) {
    while (life_.step[life_.count - 1].at_s > horizon_s) --life_.count;
  }

  const World& world_;
  Life& life_;
  Draw draw_;
};

std::int64_t arrival(const World& world, Draw& draw, std::int64_t index) {
  const double within = draw.uniform();
  if (index < world.tickets)
    return world.arrivals.at((static_cast<double>(index) + within) / static_cast<double>(world.tickets));
  return world.next_arrivals.at((static_cast<double>(index - world.tickets) + within) /
                                static_cast<double>(world.added));
}

// The problem behind an incident, if one of the right kind is near in time.
std::int64_t near_problem(const World& world, Draw& draw, std::int64_t index, int category) {
  if (!draw.chance(0.25)) return -1;
  const auto nearest = static_cast<std::int64_t>(static_cast<double>(index) / static_cast<double>(world.tickets) *
                                                 static_cast<double>(world.problems));
  for (std::int64_t problem = nearest; problem >= std::max<std::int64_t>(0, nearest - 3); --problem)
    if (problem < world.problems && world.problem_category(problem) == category) return problem;
  return -1;
}

}  // namespace

Life make_life(const World& world, std::int64_t index) {
  DH_ASSERT(index >= 0 && index < world.tickets + world.added, "a ticket's index is in the base or added to it");
  Life life;
  life.index = index;
  life.flaw = world.flaws.of(index);
  Draw draw(world.seed, Stream::ticket, index);
  const std::int64_t created_s = arrival(world, draw, index);
  const int storm = index < world.tickets ? world.arrivals.storm_at(created_s) : -1;
  const bool in_storm = storm >= 0 && draw.chance(0.75);
  if (in_storm) life.problem = world.storm_problem(storm);
  const int category = in_storm ? world.problem_category(life.problem) : category_of(draw.uniform());
  const auto& kind = kCategoryTable[static_cast<std::size_t>(category)];
  const bool is_incident = in_storm || draw.chance(kind.incident_percent / 100.0);
  life.type = static_cast<std::int8_t>(is_incident ? 0 : draw.chance(0.88) ? 1 : 2);
  life.channel = static_cast<std::int8_t>(draw.weighted(kChannelPercent));
  life.requester = world.staff.pick_requester(draw);
  life.department = static_cast<std::int8_t>(world.staff.requester(life.requester).department_at(created_s));
  if (is_incident && draw.chance(0.3)) {
    const bool own = draw.chance(0.85);
    life.asset = own ? world.asset_of(life.requester)
                     : world.personal_assets() + draw.below(world.assets - world.personal_assets());
  }
  if (is_incident && !in_storm) life.problem = near_problem(world, draw, index, category);
  Step first;
  first.category = static_cast<std::int8_t>(category);
  first.sub_category = static_cast<std::int8_t>(draw.below(kSubCategories));
  const int priority = draw.weighted(kPriorityPercent);
  first.priority = static_cast<std::int8_t>(in_storm && draw.chance(0.5) ? std::max(priority, 2) : priority);
  first.group = static_cast<std::int8_t>(draw.chance(0.45) ? 0 : kind.group);
  const std::int64_t horizon_s = index < world.tickets ? world.end_s : world.next_s;
  Author(world, life).write(created_s, first, horizon_s);
  life.base_steps = index < world.tickets ? static_cast<std::int64_t>(life.count) : 0;
  return life;
}

State state_after(std::span<const Step> steps) {
  DH_ASSERT(!steps.empty(), "a ticket has at least been created");
  State state;
  for (const Step& step : steps) {
    switch (step.kind) {
      case StepKind::created:
        state.created_s = step.at_s;
        break;
      case StepKind::responded:
        state.responded_s = step.at_s;
        break;
      case StepKind::resolved:
        state.resolved_s = step.at_s;
        break;
      case StepKind::closed:
        state.closed_s = step.at_s;
        break;
      case StepKind::reopened:
        ++state.reopened;
        state.resolved_s = state.closed_s = -1;
        break;
      case StepKind::reassigned:
        ++state.reassigned;
        break;
      default:
        break;
    }
    state.is_eventful |=
        step.kind >= StepKind::held && step.kind != StepKind::resolved && step.kind != StepKind::closed;
  }
  state.last = steps.back();
  return state;
}

}  // namespace deskhouse::demo
