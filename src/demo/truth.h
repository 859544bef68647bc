// truth.json: what was planted, so that a test can compare a run's report with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "demo/tickets.h"
#include "demo/world.h"

namespace deskhouse::demo {

// Of one entity's files: rows = loaded + superseded + quarantined.
struct EntityCount {
  std::int64_t rows = 0, distinct_ids = 0, quarantined = 0, superseded = 0;
  std::int64_t loaded() const { return rows - quarantined - superseded; }
};

struct Truth {
  std::int64_t changed = 0;  // of a delta; a base has none
  std::int64_t unknown_ticket_surveys = 0;
  std::map<std::string, EntityCount> entities;
  // Adds tickets, surveys, time_entries and ticket_events from what was written.
  void add(const Block::Counts& counts);
};

std::string truth_json(const World& world, const Options& options, const Block::Counts& counts, const Truth& truth);

}  // namespace deskhouse::demo
