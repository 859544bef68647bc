// Moves an extraction from its load table into the operational layer, inside the run's one publishing transaction.
#pragma once

#include "models/runner.h"
#include "pipeline/extraction.h"

namespace deskhouse::pipeline {

// What publishing did to the operational tables: the deltas that the models follow.
struct Published {
  models::Delta table;        // of operational.<entity>
  bool events_added = false;  // versions became observations in operational.ticket_events
  std::string versions;       // a SELECT of such that are not in version_events (if not empty)
};

// Fills the rest of extraction.balance (loaded, unchanged, superseded). REQUIRES a transaction on `connection`.
//   * bulk: the load table takes the place of the empty operational table;
//   * otherwise rows are compared by (updated_at, version, position) with what is there: newer ones replace it, equal
//     ones are unchanged, older ones are superseded.
// Versions of agents and requesters go to their version tables, versions of tickets become ticket_events.
Result<Published> publish_entity(warehouse::Connection& connection, warehouse::Database& database,
                                 Extraction& extraction, const std::vector<models::Model>& all_models);

// What publish_entity calls of a run have said of versions.
struct Versions {
  std::vector<std::string> more;  // of Published
  // No ticket was there before this run: where no event was either, none is looked for, and the models look at all.
  bool all_are_new = false;
};

// Version observations of tickets gathered by publish_entity calls of this run (temporary table `version_events`, and
// `versions`) into operational.ticket_events; and the delta of that table, together with `loaded` (from the
// ticket_events entity itself).
// A row with an event_id is no version, but states what it states; NULL is then not stated (docs/decisions/0031).
Status create_version_events_table(warehouse::Connection& connection);
Result<models::Delta> publish_version_events(warehouse::Connection& connection, warehouse::Database& database,
                                             models::Delta loaded, const Versions& versions);

// Two sources of one entity in one run: when both changed it, the models look at all of it.
models::Delta combine(const models::Delta& a, const models::Delta& b);

}  // namespace deskhouse::pipeline
