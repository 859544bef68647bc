#include "demo/ticket_row.h"

#include <array>

#include "demo/tickets.h"

namespace deskhouse::demo {
namespace {

// Targets that the vendor shows as "Due date": hours by priority rank.
constexpr std::array<std::int64_t, 4> kVendorTarget_h = {72, 24, 8, 4};
constexpr std::array<std::string_view, 3> kNullWords = {"", "N/A", "?"};
constexpr std::array<std::string_view, 4> kNoDates = {"soon", "2025-13-45T99:99:99Z", "31/02/2025 25:61:00",
                                                      "yesterday"};
constexpr std::string_view kLatin1 = "Caf\xE9 M\xFCller: ";
constexpr int kFieldsMissing = 8, kFieldsExtra = 2;

std::string_view null_word(const Life& life) {
  return kNullWords[static_cast<std::size_t>(life.index) % 3];
}

template <std::size_t N>
std::string_view pick(Draw& draw, const std::array<std::string_view, N>& from) {
  return from[static_cast<std::size_t>(draw.below(N))];
}

// One or two sentences of the category, and in one ticket of seven something that is hard to read back from
// CSV.
void write_sentences(Draw& draw, const Category& category, Csv& csv) {
  const auto first = static_cast<std::size_t>(draw.below(4));
  csv.quoted(category.bodies[first]);
  csv.byte(' ');
  if (draw.chance(0.42)) {
    csv.quoted(category.bodies[(first + static_cast<std::size_t>(draw.between(1, 3))) % 4]);
    csv.byte(' ');
  }
  if (draw.chance(0.14)) {
    csv.quoted(pick(draw, kOddTexts));
    csv.byte(' ');
  }
}

// The words of a ticket do not depend on its state: an older version says the same.
void write_texts(const World& world, const Life& life, Csv& csv) {
  Draw draw(world.seed, Stream::text, life.index);
  const Step& first = life.step[0];
  const auto& category = kCategoryTable[static_cast<std::size_t>(first.category)];
  csv.quoted(pick(draw, category.subs[static_cast<std::size_t>(first.sub_category)].subjects));
  csv.comma();
  if (life.flaw == Flaw::none && draw.chance(0.03)) return;  // no description
  csv.byte('"');
  if (life.flaw == Flaw::invalid_utf8) csv.text(kLatin1);
  csv.quoted(pick(draw, kGreetings));
  csv.byte(' ');
  write_sentences(draw, category, csv);
  csv.quoted(pick(draw, kEndings));
  csv.byte('"');
}

void write_kind(const Life& life, const State& state, Csv& csv) {
  const Step& now = state.last;
  const auto& category = kCategoryTable[static_cast<std::size_t>(now.category)];
  csv.text(kTypes[static_cast<std::size_t>(life.type)]);
  csv.comma();
  csv.text(kStates[static_cast<std::size_t>(now.state)]);
  csv.comma();
  csv.text(life.flaw == Flaw::null_priority ? null_word(life) : kPriorities[static_cast<std::size_t>(now.priority)]);
  csv.comma();
  csv.text(life.flaw == Flaw::null_category ? null_word(life) : category.name);
  csv.comma();
  csv.text(category.subs[static_cast<std::size_t>(now.sub_category)].name);
  csv.comma();
  csv.text(kChannels[static_cast<std::size_t>(life.channel)]);
  csv.comma();
}

void write_links(const Life& life, const State& state, Csv& csv) {
  if (life.flaw != Flaw::missing_requester) csv.id("U", life.requester + 1, 6);
  csv.comma();
  write_agent_id(csv, state.last.agent);
  csv.comma();
  csv.id("G", state.last.group + 1, 1);
  csv.comma();
  csv.id("D", life.department + 1, 2);
  csv.comma();
  if (life.asset >= 0) csv.id("CI", life.asset + 1, 7);
  csv.comma();
  if (life.problem >= 0) csv.id("PRB", life.problem + 1, 6);
  csv.comma();
}

TimeStyle style_of(Flaw flaw) {
  return flaw == Flaw::date_dmy ? TimeStyle::dmy : flaw == Flaw::date_epoch_ms ? TimeStyle::epoch_ms : TimeStyle::iso;
}

void write_times(const World& world, const Life& life, const State& state, Csv& csv) {
  const TimeStyle style = style_of(life.flaw);
  if (life.flaw == Flaw::unparsable_date)
    csv.text(kNoDates[static_cast<std::size_t>(life.index) % kNoDates.size()]);
  else
    csv.time(state.created_s, style);
  csv.comma();
  csv.time(state.updated_s(), style);
  csv.comma();
  csv.time(state.responded_s, style);
  csv.comma();
  std::int64_t resolved_s = state.resolved_s;
  if (life.flaw == Flaw::resolved_before_created)
    resolved_s = state.created_s - kHour - Draw(world.seed, Stream::flaw, life.index + 1).below(47 * kHour);
  csv.time(resolved_s, style);
  csv.comma();
  csv.time(state.closed_s, style);
  csv.comma();
  csv.time(state.created_s + kVendorTarget_h[static_cast<std::size_t>(state.last.priority)] * kHour, style);
  csv.comma();
}

// Cuts the row that starts at `from` short, or makes it too long.
void make_ragged(const Life& life, std::size_t from, Csv& csv) {
  if (life.index % 2 == 0) {
    for (int i = 0; i < kFieldsExtra; ++i) csv.text(",surplus");
    return;
  }
  std::size_t size = csv.size();
  // The last fields have no quotes, so counting commas from the end is enough.
  for (int missing = 0; missing < kFieldsMissing && size > from; --size)
    if (csv.view()[size - 1] == ',') ++missing;
  csv.truncate(size);
}

}  // namespace

void write_ticket_id(Csv& csv, std::int64_t index) {
  csv.id("INC", index + 1, 7);
}

void write_agent_id(Csv& csv, std::int64_t agent) {
  if (agent >= 0) csv.id("A", agent + 1, 4);
}

void write_ticket_row(const World& world, const Life& life, const State& state, Csv& csv) {
  const std::size_t from = csv.size();
  write_ticket_id(csv, life.index);
  csv.comma();
  write_texts(world, life, csv);
  csv.comma();
  write_kind(life, state, csv);
  write_links(life, state, csv);
  write_times(world, life, state, csv);
  csv.number(state.reopened);
  csv.comma();
  csv.number(state.reassigned);
  csv.comma();
  csv.text(kLocations[static_cast<std::size_t>(life.requester) % kLocations.size()]);
  csv.text(state.last.priority == 3 || state.reopened > 1 ? ",yes" : ",no");
  if (life.flaw == Flaw::ragged_row) make_ragged(life, from, csv);
  csv.newline();
}

}  // namespace deskhouse::demo
