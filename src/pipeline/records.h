// What a run writes about itself: meta.runs, balances, stages, load batches, field counts.
#pragma once

#include "models/runner.h"
#include "pipeline/extraction.h"

namespace deskhouse::pipeline {

Timestamp now();  // the wall clock; the one place of this room that reads it

// A row in meta.runs with status 'running', committed at once; its id. `source`: the only one that it reads, or empty.
Result<std::int64_t> begin_run(warehouse::Connection& connection, const std::string& kind, Timestamp as_of,
                               const std::string& source = "");
Status end_run(warehouse::Connection& connection, std::int64_t run_id, const std::string& status,
               const std::string& error);
// Runs that were never ended died with their process.
Status mark_interrupted_runs(warehouse::Connection& connection);
// Rejects and raw blocks that a source's entity left in this run, before it is extracted again.
Status forget_raw(warehouse::Connection& connection, std::int64_t run_id, const config::EntityMapping& mapping);
// Rejects and raw blocks of runs that were never published: their next run brings them again.
Status forget_unpublished(warehouse::Connection& connection);
// Load tables of a run that died, and of this one.
Status drop_leftovers(warehouse::Connection& connection);
// What the runs before left in meta.watermarks about an entity of a source.
Result<sources::Since> read_since(warehouse::Connection& connection, const config::EntityMapping& mapping);
// The same of a backfill: what a part of it left, if it is not done. Backfills of other periods do not count.
Result<sources::Since> read_since_of(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                     const sources::Period& period);
// The end of the backfill from then on that is not done; none: there is no such.
Result<std::optional<Timestamp>> end_of_unfinished(warehouse::Connection& connection, Timestamp from);
// What sources that are asked call by call have cost; after all extractions of the run.
Status record_calls(warehouse::Connection& connection, std::int64_t run_id, const std::vector<Extraction>& extractions);
Status record_extractions(warehouse::Connection& connection, std::int64_t run_id,
                          std::span<const Extraction> extractions);
Status record_models(warehouse::Connection& connection, std::int64_t run_id,
                     const std::vector<models::Outcome>& outcomes);
// Raw blocks older than the retention; those of records in quarantine have their own copy there.
Status purge_raw(warehouse::Connection& connection, Timestamp at, std::int64_t retention_seconds, std::int64_t run_id);

}  // namespace deskhouse::pipeline
