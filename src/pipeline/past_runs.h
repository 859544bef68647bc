// What meta says of earlier runs, for the schedules of `serve` and `run --every`.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "pipeline/schedule.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// By source. A source counts as read when all of its entities were: the last success is that of the entity that was
// read longest ago; none if one never was.
Result<std::map<std::string, PastRuns>> read_past_runs(warehouse::Connection& connection,
                                                       const std::vector<config::SourceConfig>& sources);

}  // namespace deskhouse::pipeline
