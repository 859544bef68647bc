// How far the numbers can be trusted: a score for each entity and each metric, stored by run. docs/quality.md defines
// it.
#pragma once

#include <string>
#include <vector>

#include "models/metrics.h"
#include "models/runner.h"

namespace deskhouse::pipeline {

struct QualityContext {
  warehouse::Connection& connection;
  const models::Runner& runner;
  const std::vector<models::Model>& models;
  std::int64_t run_id;
  Timestamp as_of;
};

// Inside the publishing transaction, after the checks: a row in meta.quality for each entity that has records or had
// some rejected. What an entity has is counted, not read; its newest record is looked for among those that changed.
Status record_quality(const QualityContext& context, const std::map<std::string, std::string>& settings);

// meta.metric_entities: which entities a metric is computed from, by what the models say that they read.
Status record_metric_entities(const QualityContext& context, const std::vector<models::Metric>& metrics);

}  // namespace deskhouse::pipeline
