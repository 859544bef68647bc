// What became of a metric between two runs, down to the rows that made the difference. Of a lake, which keeps its
// snapshots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/metrics.h"
#include "models/model.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// A row of a fact table that is not the same in both.
struct ChangedRow {
  enum class Change { added, removed, changed } change = Change::changed;
  std::string row;  // "source = files, ticket_id = INC0000045", of that table
  struct Cell {
    std::string column, before, after;
  };
  std::vector<Cell> cells;  // of a changed row, those that differ
};

struct FactDifference {
  std::string table;
  std::int64_t added = 0, removed = 0, changed = 0;  // all of them
  std::vector<ChangedRow> rows;                      // the first ones, by key
};

struct MetricDifference {
  std::optional<double> before, after;
  struct Bucket {
    std::string of;  // "day = 2026-01-05, priority = High"
    std::optional<double> before, after;
  };
  std::vector<Bucket> buckets;  // those that differ, by time and dimensions, the last ones first
  std::int64_t bucket_count = 0;
  std::vector<FactDifference> facts;  // that the metric is made from and that differ
};

// `before` and `after` read two snapshots; `most`: rows and buckets that are listed.
Result<MetricDifference> diff_metric(warehouse::Connection& before, warehouse::Connection& after,
                                     const models::Metric& metric, const std::vector<models::Model>& models,
                                     std::int64_t most);

}  // namespace deskhouse::pipeline
