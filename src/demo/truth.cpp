#include "demo/truth.h"

#include <nlohmann/json.hpp>

namespace deskhouse::demo {
namespace {

std::int64_t of(const Block::Counts& counts, Flaw flaw) {
  return counts.flaws[static_cast<std::size_t>(flaw)];
}

std::int64_t quarantined(const Block::Counts& counts) {
  std::int64_t sum = 0;
  for (const auto& share : kFlawShares)
    if (share.quarantined) sum += of(counts, share.flaw);
  return sum;
}

}  // namespace

void Truth::add(const Block::Counts& counts) {
  entities["tickets"] = {counts.ticket_rows, counts.tickets, quarantined(counts), counts.ticket_rows - counts.tickets};
  entities["surveys"] = {counts.surveys + unknown_ticket_surveys, counts.surveys + unknown_ticket_surveys};
  entities["time_entries"] = {counts.time_entries, counts.time_entries};
  entities["ticket_events"] = {counts.events, counts.events};
}

std::string truth_json(const World& world, const Options& options, const Block::Counts& counts, const Truth& truth) {
  nlohmann::ordered_json json;
  json["options"] = {{"tickets", world.tickets},      {"seed", world.seed},       {"years", options.years},
                     {"end", to_string(options.end)}, {"flaws", world.has_flaws}, {"changed", truth.changed},
                     {"added", world.added}};
  for (const auto& [name, count] : truth.entities) {
    json["entities"][name] = {{"rows", count.rows},
                              {"distinct_ids", count.distinct_ids},
                              {"loaded", count.loaded()},
                              {"superseded", count.superseded},
                              {"quarantined", count.quarantined}};
  }
  for (const auto& share : kFlawShares) {
    json["flaws"][share.name] = {
        {"planted", of(counts, share.flaw)}, {"quarantined", share.quarantined}, {"meaning", share.meaning}};
  }
  json["flaws"]["survey_of_unknown_ticket"] = {{"planted", truth.unknown_ticket_surveys},
                                               {"quarantined", false},
                                               {"meaning", "A survey about a ticket that does not exist"}};
  json["expected"] = {
      {"defaulted",
       {{"tickets.priority", of(counts, Flaw::null_priority)}, {"tickets.category", of(counts, Flaw::null_category)}}},
      {"dangling",
       {{"tickets.assigned_to", of(counts, Flaw::dangling_agent)},
        {"surveys.ticket_id", truth.unknown_ticket_surveys}}},
      {"resolved_before_created", of(counts, Flaw::resolved_before_created)},
      {"open_tickets", counts.open},
      {"reopened_tickets", counts.reopened}};
  return json.dump(2) + "\n";
}

}  // namespace deskhouse::demo
