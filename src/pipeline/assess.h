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
  const models::Runner& runner;
  const std::vector<models::Model>& models;
  const std::vector<Check>& checks;
  const std::map<std::string, std::int64_t>& held_back;  // violations that are recorded already, by check
  Timestamp as_of, previous_as_of;
  bool is_fed;  // of a feed, which may publish many times a second: what is about all is looked at once a minute
};

// Fills violations, failed_checks and notices of the report. REQUIRES that the run's records are written.
Status assess(const Assessment& assessment, RunReport& report);

}  // namespace deskhouse::pipeline
