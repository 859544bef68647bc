#include "demo/tickets.h"

#include <algorithm>

#include "demo/ticket_row.h"

namespace deskhouse::demo {
namespace {

constexpr double kSurveyShare = 0.253;  // of resolved tickets
constexpr double kMedianMinutes = 55;
constexpr std::array<int, 4> kEntriesPercent = {40, 44, 12, 4};  // none, one, two, three
constexpr std::array<int, 5> kScorePercent = {4, 6, 14, 34, 42};
constexpr std::array<int, 5> kUnhappyPercent = {24, 26, 24, 18, 8};

constexpr std::array<std::string_view, 11> kEventNames = {"created", "assigned",         "responded",   "put on hold",
                                                          "resumed", "reassigned",       "resolved",    "reopened",
                                                          "closed",  "priority changed", "reclassified"};

bool is_resolved(const State& state) {
  return state.resolved_s >= 0;
}

std::int64_t holder_at(const Life& life, std::int64_t at_s) {
  std::int64_t agent = -1;
  for (const Step& step : life.steps())
    if (step.at_s <= at_s) agent = step.agent;
  return agent;
}

// What a requester says; slow or reopened tickets make them unhappy.
void write_survey(const Life& life, const State& state, Draw& draw, std::int64_t at_s, Block& block) {
  const std::int64_t taken_h = (state.resolved_s - state.created_s) / kHour;
  const bool unhappy = state.reopened > 0 || taken_h > 72;
  const int score = draw.weighted(unhappy ? kUnhappyPercent : kScorePercent);
  Csv& csv = block.surveys;
  csv.id("SV", life.index + 1, 7);
  csv.comma();
  write_ticket_id(csv, life.index);
  csv.comma();
  csv.number(score + 1);
  csv.text(",5,");
  if (draw.chance(0.35)) {
    csv.byte('"');
    csv.quoted(kComments[static_cast<std::size_t>(score * 2 + draw.below(2))]);
    csv.byte('"');
  }
  csv.comma();
  csv.time(at_s);
  csv.newline();
  ++block.counts.surveys;
}

// When the requester answers the survey of a resolved ticket; kNever for most.
std::int64_t answered_s(const State& state, Draw& draw) {
  const bool answers = draw.chance(kSurveyShare);
  const double after = 14.0 * kHour * lognormal(draw, Spread::wide) + kMinute;
  return answers && is_resolved(state) ? state.resolved_s + static_cast<std::int64_t>(after) : kNever;
}

void write_time_entry(const Life& life, std::int64_t number, std::int64_t at_s, Draw& draw, Block& block) {
  const double more = 1 + 0.3 * life.step[0].priority;
  const auto minutes = static_cast<std::int64_t>(kMedianMinutes * more * lognormal(draw, Spread::usual));
  Csv& csv = block.time_entries;
  csv.id("TM", life.index + 1, 7);
  csv.byte('-');
  csv.number(number);
  csv.comma();
  write_ticket_id(csv, life.index);
  csv.comma();
  write_agent_id(csv, holder_at(life, at_s));
  csv.comma();
  csv.number(std::clamp<std::int64_t>(minutes, 1, 480));
  csv.text(draw.chance(0.3) ? ",true," : ",false,");
  for (int i = 0; i < 3; ++i) {
    csv.time(at_s);
    if (i < 2) csv.comma();
  }
  csv.newline();
  ++block.counts.time_entries;
}

// Entries lie between the first response and the resolution, or the last step so far.
std::int64_t time_entries_of(const State& state, Draw& draw) {
  const int count = draw.weighted(kEntriesPercent);
  return state.responded_s < 0 || state.updated_s() <= state.responded_s ? 0 : count;
}

void write_time_entries(const World& world, const Life& life, const State& state, Block& block) {
  Draw draw(world.seed, Stream::work, life.index);
  const std::int64_t count = time_entries_of(state, draw);
  const std::int64_t until_s = is_resolved(state) ? state.resolved_s : state.updated_s();
  for (std::int64_t i = 0; i < count; ++i) {
    const double within = draw.uniform() * static_cast<double>(until_s - state.responded_s);
    write_time_entry(life, i + 1, state.responded_s + static_cast<std::int64_t>(within), draw, block);
  }
}

void write_event_cells(const World& world, const Life& life, const Step& step, Csv& csv) {
  const bool first = step.kind == StepKind::created;
  const bool staffed = step.kind == StepKind::assigned || step.kind == StepKind::reassigned;
  const bool moved = !staffed && step.kind < StepKind::reprioritised;
  if (moved) csv.text(kStates[static_cast<std::size_t>(step.state)]);
  csv.comma();
  if ((first || step.kind == StepKind::reprioritised) && life.flaw != Flaw::null_priority)
    csv.text(kPriorities[static_cast<std::size_t>(step.priority)]);
  csv.comma();
  if ((first || step.kind == StepKind::reclassified) && life.flaw != Flaw::null_category)
    csv.text(kCategoryTable[static_cast<std::size_t>(step.category)].name);
  csv.comma();
  if (staffed) write_agent_id(csv, step.agent);
  csv.comma();
  if (first || staffed) csv.id("G", step.group + 1, 1);
  csv.comma();
  if (first || step.kind == StepKind::reopened)
    csv.id("U", life.requester + 1, 6);
  else if (step.kind == StepKind::closed && world.end_s >= step.at_s)
    csv.text("system");
  else
    write_agent_id(csv, step.agent);
}

// The steps from `first` on, as rows of the event log.
void write_events(const World& world, const Life& life, std::size_t first, Block& block) {
  Csv& csv = block.events;
  for (std::size_t i = first; i < life.count; ++i) {
    const Step& step = life.step[i];
    csv.id("EV", life.index + 1, 7);
    csv.byte('-');
    csv.number(static_cast<std::int64_t>(i) + 1);
    csv.comma();
    write_ticket_id(csv, life.index);
    csv.comma();
    csv.time(step.at_s);
    csv.comma();
    csv.number(static_cast<std::int64_t>(i) + 1);
    csv.comma();
    csv.text(kEventNames[static_cast<std::size_t>(step.kind)]);
    csv.comma();
    write_event_cells(world, life, step, csv);
    csv.newline();
    ++block.counts.events;
  }
}

void write_repeated_row(const World& world, const Life& life, std::string_view row, Block& block) {
  if (life.flaw == Flaw::exact_duplicate)
    block.repeated.text(row);
  else if (life.flaw == Flaw::older_version)
    write_ticket_row(world, life, state_after(life.steps().first(1)), block.repeated);
  else
    return;
  ++block.counts.ticket_rows;
}

void count(const Life& life, const State& state, Block& block) {
  ++block.counts.tickets;
  ++block.counts.ticket_rows;
  ++block.counts.flaws[static_cast<std::size_t>(life.flaw)];
  block.counts.open += state.last.state < TicketState::resolved ? 1 : 0;
  block.counts.reopened += state.reopened > 0 ? 1 : 0;
}

}  // namespace

Block::Counts& Block::Counts::operator+=(const Counts& other) {
  tickets += other.tickets;
  ticket_rows += other.ticket_rows;
  surveys += other.surveys;
  time_entries += other.time_entries;
  events += other.events;
  open += other.open;
  reopened += other.reopened;
  for (std::size_t f = 0; f < kFlawKinds; ++f) flaws[f] += other.flaws[f];
  return *this;
}

void Block::clear() {
  for (Csv* csv : {&tickets, &surveys, &time_entries, &events, &repeated}) csv->clear();
  counts = {};
}

void write_ticket(const World& world, const Life& life, Block& block) {
  const State state = state_after(life.steps());
  const std::size_t from = block.tickets.size();
  write_ticket_row(world, life, state, block.tickets);
  count(life, state, block);
  write_repeated_row(world, life, block.tickets.view().substr(from), block);
  if (is_bare(life.flaw)) return;
  const std::int64_t horizon_s = life.index < world.tickets ? world.end_s : world.next_s;
  Draw draw(world.seed, Stream::survey, life.index);
  if (const std::int64_t at_s = answered_s(state, draw); at_s <= horizon_s)
    write_survey(life, state, draw, at_s, block);
  write_time_entries(world, life, state, block);
  if (state.is_eventful) write_events(world, life, 0, block);
}

void end_block(Block& block) {
  block.tickets.text(block.repeated.view());
  block.repeated.clear();
}

void write_changed_ticket(const World& world, const Life& life, Block& block) {
  const State now = state_after(life.steps());
  const auto base_steps = static_cast<std::size_t>(life.base_steps);
  const State before = state_after(life.steps().first(base_steps));
  write_ticket_row(world, life, now, block.tickets);
  count(life, now, block);

  Draw survey(world.seed, Stream::survey, life.index);
  const bool answered_before = answered_s(before, survey) <= world.end_s;
  Draw draw(world.seed, Stream::delta_work, life.index);
  if (!answered_before && now.resolved_s > world.end_s && draw.chance(kSurveyShare)) {
    const std::int64_t left = world.next_s - now.resolved_s;
    write_survey(life, now, draw, now.resolved_s + (left > 0 ? draw.below(left) : 0), block);
  }
  if (draw.chance(0.6) && now.last.agent >= 0) {
    Draw work(world.seed, Stream::work, life.index);
    write_time_entry(life, time_entries_of(before, work) + 1, now.updated_s(), draw, block);
  }
  if (now.is_eventful) write_events(world, life, before.is_eventful ? base_steps : 0, block);
}

}  // namespace deskhouse::demo
