// The warehouse as it was: a lake keeps its snapshots for a while, a file keeps none (docs/lake.md says what it offers
// instead).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"
#include "warehouse/snapshots.h"

namespace deskhouse::pipeline {

// All that there are. Fails with Kind::usage where the warehouse is a file, and says what that offers.
Result<std::vector<warehouse::Snapshot>> list_snapshots(warehouse::Connection& connection);

// The snapshot that is meant by a run's id, "12", or by a time, "2026-03-05" or "2026-03-05T14:00:00Z": the last one
// that was there then. Fails with Kind::usage where there is none, or there are none at all, and says what there is.
Result<warehouse::Snapshot> find_snapshot(warehouse::Connection& connection, const std::string& as_of);

// A connection that reads the warehouse as of then.
Result<warehouse::Connection> connect_as_of(warehouse::Database& database, warehouse::Connection& connection,
                                            const std::string& as_of);

// One that goes on reading what is there now, whatever is published meanwhile.
Result<warehouse::Connection> connect_to_latest(warehouse::Database& database, warehouse::Connection& connection);

}  // namespace deskhouse::pipeline
