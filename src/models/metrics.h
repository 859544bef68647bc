// Metrics: each defined once, in models/metrics.toml. The dashboard, the API, docs/metrics.md and `deskhouse explain
// metric` read them here; a project's own models/metrics.toml replaces the built-in one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::models {

struct Metric {
  std::string name, title_en, title_ko;
  std::string formula, filters;         // for people
  std::string value, from;              // the number is `select <value> from <from>`
  std::string where;                    // a condition; empty: none
  std::string time;                     // a DATE expression over `from`; empty: the metric is of today
  std::vector<std::string> dimensions;  // columns of `from` by which it can be broken down
  std::string unit, good, mart;         // good: up, down or none
  std::string sql() const;              // one row, one column: the value over the whole time
};

// In the order of the file. An error names the file, the line and the key.
Result<std::vector<Metric>> load_metrics(const std::filesystem::path& project);
Result<std::vector<Metric>> parse_metrics(std::string_view path, std::string_view text);

// nullptr if there is none.
const Metric* find_metric(const std::vector<Metric>& metrics, std::string_view name);

// The value now; nullopt where there is nothing to compute it from. REQUIRES a connection to a warehouse that has been
// run.
Result<std::optional<double>> measure(warehouse::Connection& connection, const Metric& metric);

}  // namespace deskhouse::models
