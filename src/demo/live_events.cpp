#include "demo/live_events.h"

#include <algorithm>

#include "base/json_text.h"
#include "demo/delta.h"
#include "demo/ticket_row.h"
#include "demo/tickets.h"

namespace deskhouse::demo {
namespace {

// The fields of one row as write_ticket_row writes it.
std::vector<std::string> fields_of(std::string_view row) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < row.size() && (is_quoted || row[i] != '\n'); ++i) {
    if (row[i] == '"') {
      if (is_quoted && i + 1 < row.size() && row[i + 1] == '"')
        fields.back() += row[i++];
      else
        is_quoted = !is_quoted;
    } else if (row[i] == ',' && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back() += row[i];
    }
  }
  return fields;
}

struct Words {
  const char* type;
  bool is_whole;
};

Words words_of(StepKind kind) {
  switch (kind) {
    case StepKind::created:
      return {"ticket.created", true};
    case StepKind::assigned:
    case StepKind::reassigned:
      return {"ticket.assigned", false};
    case StepKind::held:
    case StepKind::resumed:
    case StepKind::reopened:
      return {"ticket.status_changed", false};
    case StepKind::reprioritised:
      return {"ticket.priority_changed", false};
    default:
      return {"ticket.updated", true};
  }
}

// What a part of a ticket says; the rest of its columns stay as they are.
constexpr std::string_view kPart[] = {"Number",  "State",        "Priority", "Assigned to", "Assignment group",
                                      "Updated", "Reopen count", "Resolved", "Closed",      "Reassignment count"};

LiveEvent event_after(const World& world, const Life& life, std::size_t steps,
                      const std::vector<std::string>& columns) {
  const auto state = state_after(life.steps().first(steps));
  Csv row, time;
  write_ticket_row(world, life, state, row);
  time.time(state.updated_s());
  const auto fields = fields_of(row.view());
  DH_ASSERT(fields.size() == columns.size(), "a ticket without a flaw has every column");
  const auto words = words_of(state.last.kind);
  std::string data;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!words.is_whole && std::ranges::find(kPart, columns[i]) == std::end(kPart)) continue;
    data +=
        (data.empty() ? "" : ",") + json_text(columns[i]) + ":" + (fields[i].empty() ? "null" : json_text(fields[i]));
  }
  return {state.updated_s(), fields.front(),
          std::string("{\"event_type\":\"") + words.type + "\",\"timestamp\":\"" + std::string(time.view()) +
              "\",\"data\":{" + data + "}}"};
}

}  // namespace

Result<std::vector<LiveEvent>> live_events(const Options& base, std::int64_t changed, std::int64_t added) {
  DH_TRY(check_options(base));
  changed = std::min(changed, base.tickets / 2);
  const World world(base, added);
  const auto columns = fields_of(kTicketHeader);
  std::vector<LiveEvent> events;
  const auto add = [&](Life life, std::size_t from) {
    life.flaw = Flaw::none;
    for (auto steps = from + 1; steps <= life.count; ++steps)
      events.push_back(event_after(world, life, steps, columns));
  };
  for (const auto index : pick_changed(world, changed)) {
    auto life = make_life(world, index);
    live_one_more_day(world, life);
    add(life, static_cast<std::size_t>(life.base_steps));
  }
  for (auto index = base.tickets; index < base.tickets + added; ++index) add(make_life(world, index), 0);
  std::ranges::stable_sort(events, {}, &LiveEvent::at_s);
  return events;
}

}  // namespace deskhouse::demo
