// Checks of severity quarantine: a record that violates one does not become visible, but waits in quarantine with the
// check's name among its reasons, as one that did not read does (docs/decisions/0034).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/checks.h"
#include "pipeline/extraction.h"

namespace deskhouse::pipeline {

// Whether records of the entity are judged by a check; run_extraction must then keep their origins.
bool is_judged(const std::vector<Check>& checks, std::string_view entity);

struct Judge {
  warehouse::Connection& connection;
  warehouse::FunctionContext& functions;
  const models::Runner& runner;
  const std::vector<Check>& checks;
  std::int64_t run_id;
  Timestamp started_at;
  std::map<std::string, std::int64_t> violations = {};  // by check, of all entities judged so far
};

// Inside the publishing transaction, before the entity is published: {{source}} is the load table. Moves each violating
// row to staging.quarantine, corrects the balance, and records the violations. Each row is judged by itself, whatever
// other versions of its record came with it; of a stream, only events that tell the whole record. A check that does not
// bind judges nothing: run_checks tells of it.
Status quarantine_violators(Judge& judge, Extraction& extraction);

}  // namespace deskhouse::pipeline
