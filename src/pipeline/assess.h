// The last stage of a run, inside its transaction: what checks find, and how far the numbers can be trusted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/checks.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

struct Assessment {
  Warehouse& warehouse;
  const config::Config& config;
  models::Runner& runner;  // its deltas of operational tables become those that the checks look at
  const std::vector<models::Model>& models;
  const std::vector<Check>& checks;
  const std::map<std::string, std::int64_t>& held_back;  // violations that are recorded already, by check
  Timestamp as_of;
  Leave leave;
  std::int64_t unsettled_since;  // the first run whose checks have waited for this one; 0: none has
};

// Fills violations, failed_checks and notices of the report. REQUIRES that the run's records are written.
Status assess(const Assessment& assessment, RunReport& report);

}  // namespace deskhouse::pipeline
