// Runs checks/*.sql after the models, inside the run's transaction. A check is a header and a SELECT of violations with
// the columns id, field, value, message; docs/checks.md is the format's reference.
#pragma once

#include <filesystem>

#include "models/runner.h"
#include "warehouse/sql_guard.h"

namespace deskhouse::pipeline {

struct Check {
  std::string name, path, severity, entity, description, what_to_do;
  std::string body;  // the SELECT; may hold {{changed(key)}}
  // SELECTs of (field, key), each run on its own and gathered in the temporary table suspects, which the body reads. It
  // is run only if they found some. None: the body finds what it needs itself. Of a large table that is looked at
  // whole, {{changed(key)}} is one part of the keys after the other, so that joins stay in memory.
  std::vector<std::string> suspects = {};
  bool own = false;  // of the project folder: its SELECT is looked at before it runs (warehouse/sql_guard.h)
};
// The derived ones (reference_checks.h), the built-in files and the project's own, by name; of the same name the later
// one is taken.
Result<std::vector<Check>> load_checks(const std::filesystem::path& project);

// The SELECTs of a check with their placeholders replaced.
struct ExpandedCheck {
  std::vector<std::string> suspects;
  std::string body;
};
// Refuses a check of the project that would do anything but read.
Result<ExpandedCheck> expand_check(warehouse::Connection& connection, warehouse::SqlGuard& guard,
                                   const models::Runner& runner, const Check& check, const models::Scope& scope);
// Fills the temporary table suspects; how many there are.
Result<std::int64_t> find_suspects(warehouse::Connection& connection, const std::vector<std::string>& queries);

struct CheckSummary {
  std::int64_t violations = 0;
  std::vector<std::string> failures = {};  // checks that could not run, and why; the others did
};

// Incrementally: {{changed(key)}} is true for keys of the check's entity that changed in this run; a check of an entity
// that did not change is skipped. Results go to meta.check_results, violations to meta.violations. A check whose SQL
// does not bind fails alone: its row says why, and the others run. If its severity is fail, or it died of the data
// half-way, the run ends (docs/decisions/0033).
Result<CheckSummary> run_checks(warehouse::Connection& connection, const models::Runner& runner,
                                const std::filesystem::path& project, std::int64_t run_id);

}  // namespace deskhouse::pipeline
