// What is asked of a metric, and the SQL that answers it. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/values.h"
#include "models/metrics.h"
#include "server/endpoint.h"
#include "warehouse/database.h"

namespace deskhouse::server {

// Both counted; none: from the first or to the last day that there is.
struct DayRange {
  std::optional<Date> from, to;
};

struct MetricQuery {
  DayRange days;
  std::vector<std::string> by;  // dimensions of the metric
  std::string grain;            // day, week, month, quarter, year; empty: one row for all days
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;  // dimension and its values
  bool compares = false;                                                  // with the period before
};

// Fails with Kind::usage and what the metric cannot do. A metric that is kept by month is of whole months: of all that
// the period touches.
Result<MetricQuery> read_metric_query(const models::Metric& metric, const Arguments& arguments);

// The period before one, as long: as many months for a metric by month, as many days for any other. REQUIRES both days.
DayRange before(const models::Metric& metric, const DayRange& days);

struct MetricStatement {
  std::string sql;  // columns: period (with a grain), those of `by`, value
  std::vector<warehouse::Parameter> parameters;
};
// A sum or a count of nothing is 0 in a period, any other measure of it NULL. Weeks are those of ISO 8601.
MetricStatement statement_of(const models::Metric& metric, const MetricQuery& query, const DayRange& days);

}  // namespace deskhouse::server
