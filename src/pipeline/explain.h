// Where a number comes from: the minute ledger of a ticket's service level, and the raw record behind a row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

struct SlaSpan {
  Timestamp from, to;
  std::string kind;             // counted, stopped, closed
  std::string status;           // empty: not known
  std::int64_t elapsed_us = 0;  // counted so far, at `to`
};

struct SlaExplanation {
  std::string source, ticket_id, status, priority, category, type, group_id, assigned_to;
  bool is_deleted = false;
  Timestamp created_at, as_of;
  std::optional<Timestamp> first_response_at, resolved_at, due_at, response_due_at;
  std::optional<Timestamp> ended_at;  // of a Resolved or Closed ticket without resolved_at
  std::string policy, calendar, calendar_zone;
  std::vector<std::string> stop_statuses;
  std::int64_t resolution_target_us = 0, response_target_us = 0, elapsed_us = 0;
  std::optional<bool> sla_breached, response_breached;  // none: it ended before it was created
  std::optional<double> first_response_minutes;
  std::optional<std::string> breach_agent;
  std::int64_t observations = 0;  // rows of the ticket's history
  std::vector<SlaSpan> spans;     // from created_at to the end of its clock or as_of, without a hole
};

// With the policies of `config`, as of the last run unless `as_of` is given. Not found, or in several sources without
// `source`: an error that names the nearest ids, or the sources.
Result<SlaExplanation> explain_sla(const config::Config& config, warehouse::Connection& connection,
                                   const std::string& ticket, const std::string& source,
                                   std::optional<Timestamp> as_of);

// One raw record behind a row, or in quarantine.
struct RawRecord {
  std::string state;  // loaded, or what quarantine says: quarantined, replayed, purged
  std::string source, file;
  std::int64_t run_id = 0, position = 0, record = 0;
  std::optional<std::string> raw;  // none: staging.retention has passed, or it was purged
  std::string reasons;             // JSON; quarantine only
};
// The operational row `id` of an entity and the rejected records of that id.
Result<std::vector<RawRecord>> explain_record(warehouse::Connection& connection, const std::string& entity,
                                              const std::string& id, const std::string& source);

}  // namespace deskhouse::pipeline
