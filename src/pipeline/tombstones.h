// Marks records as deleted that a sweep found gone, and takes the mark off those that came back, inside the run's one
// publishing transaction (docs/decisions/0023-deletes-are-observations.md):
//   * whether a record exists is told by the latest look at its source, whatever its versions say;
//   * what it says is told by its greatest version, whether it exists or not.
#pragma once

#include <vector>

#include "models/runner.h"
#include "pipeline/extraction.h"
#include "pipeline/sweep.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

struct BurialContext {
  warehouse::Connection& connection;
  warehouse::Database& database;
  std::int64_t run_id;
  Timestamp at;         // when the source was looked at: the run's start
  bool is_live = true;  // false: the records come from the quarantine, and say nothing of what exists now
};

// Keys of records that are marked and that the source gave in this run. Call before publish_entity, which empties the
// load table.
Result<std::vector<std::int64_t>> find_returned(const BurialContext& context, const Extraction& extraction);

// After publish_entity of the extraction: applies `sweep` (its missing and present) and `returned`, and fills its
// counts. `table`: what publishing did; returns that with the marks.
Result<models::Delta> publish_marks(const BurialContext& context, const Extraction& extraction, Sweep& sweep,
                                    std::vector<std::int64_t> returned, models::Delta table);

// The observations of deletions and returns of tickets that publish_marks gathered, into operational.ticket_events.
Status create_mark_events_table(warehouse::Connection& connection);
Result<models::Delta> publish_mark_events(const BurialContext& context, models::Delta events);

Status record_sweep(warehouse::Connection& connection, std::int64_t run_id, const Extraction& extraction,
                    const Sweep& sweep, Timestamp at);

}  // namespace deskhouse::pipeline
