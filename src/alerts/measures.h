// What rules look at, read from the warehouse. Writes nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "alerts/evaluate.h"
#include "config/config.h"
#include "warehouse/database.h"

namespace deskhouse::alerts {

struct MeasureInput {
  warehouse::Connection& connection;  // in no transaction
  const config::Config& config;
  Timestamp now;
};

// The samples of a rule's metric or SQL. An error says what is wrong with the SQL; a metric fails only where the
// warehouse does.
Result<std::vector<Sample>> measure(const MeasureInput& input, const config::AlertRule& rule);

// For metrics of config::alert_metrics(): whether there is one of that name here. rule_errors is the evaluation's own.
bool is_measured(std::string_view metric);

}  // namespace deskhouse::alerts
