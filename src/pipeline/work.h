// What a run reads: the entities of the sources that its options choose.
#pragma once

#include <utility>
#include <vector>

#include "config/config.h"
#include "pipeline/run.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// In the order of the schema, so that what is referred to comes before who refers to it. A run that goes on with a
// backfill reads what that one has not finished. An error names what deskhouse.toml does not know.
using Work = std::vector<std::pair<const config::SourceConfig*, const config::EntityMapping*>>;
Result<Work> work_of(warehouse::Connection& connection, const config::Config& config, const RunOptions& options);

}  // namespace deskhouse::pipeline
