// Quarantine: what is in it, and loading it again after a rule, a mapping or a missing record was put right.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/metrics.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

// Which rows of staging.quarantine are meant; empty: all.
struct QuarantineFilter {
  std::string entity, source;
};

struct ReplayReport {
  struct Line {
    std::string source, entity;
    std::int64_t tried = 0, came_through = 0;
  };
  struct Change {
    std::string metric, title, unit;
    std::optional<double> before, after;
  };
  std::int64_t run_id = 0;  // the last one; 0: there was nothing to replay
  std::vector<Line> lines;
  std::vector<Change> changes;            // metrics whose value is another one now
  std::vector<std::string> unreplayable;  // source.entity that deskhouse.toml no longer has, with the count
  std::int64_t cut = 0;  // records over max_record_bytes, of which only the beginning is kept: not tried
};

struct ReplayOptions {
  QuarantineFilter filter;
  std::optional<Timestamp> as_of;  // none: that of the last run, so that only the records make a difference
  // Replays what came as events, which this room cannot read: fills run_id and lines. Empty: they stay where they are.
  std::function<Status(Timestamp as_of, ReplayReport& report)> events;
};

// Reads the raw records again with the current mapping, in a run of kind 'replay'. Records that come through get the
// status 'replayed'; the others stay in quarantine with their new reasons, one row a record. A crash loses nothing: the
// rows are marked with the run's number before it, and settled by what became of that run, now or at the next replay.
Result<ReplayReport> replay(const config::Config& config, Warehouse& warehouse, const ReplayOptions& options,
                            const Observer& observer);

// Takes the raw bytes of rejected and replayed records extracted before `limit`; a row without them, of status
// 'purged', stays. Returns how many. With `count_only`, how many it would be.
Result<std::int64_t> purge_quarantine(warehouse::Connection& connection, const QuarantineFilter& filter,
                                      Timestamp limit, bool count_only);

// " and entity = '...' and source = '...'", as far as the filter says.
std::string quarantine_condition(const QuarantineFilter& filter);

}  // namespace deskhouse::pipeline
