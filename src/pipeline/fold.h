// Old micro-batches of streams become one row an hour in the tables about runs, which would grow without end
// (docs/decisions/0058).
#pragma once

#include "base/values.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// Folds micro-batches that succeeded and began more than an hour before `now`, if there are many. Those that anything
// but sums names by their number (violations, quarantine) stay. Inside a transaction; how many rows of meta.runs went.
Result<std::int64_t> fold_micro_batches(warehouse::Connection& connection, Timestamp now, std::int64_t at_least = 500);

}  // namespace deskhouse::pipeline
