// Tidying up a warehouse: by `deskhouse maintain`, and by a server now and then.
#pragma once

#include "config/config.h"
#include "pipeline/run.h"
#include "warehouse/maintenance.h"

namespace deskhouse::pipeline {

// Of a lake what maintenance.h says; of a file what row_groups.h says of all its tables.
Result<warehouse::UpkeepReport> tidy_up(const config::Config& config, Warehouse& warehouse, Timestamp now);

// Whether maintenance.every has passed since a lake was last tidied up, or since its first run. Never of a file.
Result<bool> is_upkeep_due(const config::Config& config, Warehouse& warehouse, Timestamp now);

}  // namespace deskhouse::pipeline
