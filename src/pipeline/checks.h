// Runs checks/*.sql after the models, inside the run's transaction. A check is a header and a SELECT of violations with
// the columns id, field, value, message; docs/checks.md is the format's reference.
#pragma once

#include <filesystem>

#include "models/runner.h"

namespace deskhouse::pipeline {

struct Check {
  std::string name, path, severity, entity, description, what_to_do;
  std::string body;  // the SELECT; may hold {{changed(key)}}
  // SELECTs of (field, key), each run on its own and gathered in the temporary table suspects, which the body reads. It
  // is run only if they found some. None: the body finds what it needs itself. Of a large table that is looked at
  // whole, {{changed(key)}} is one part of the keys after the other, so that joins stay in memory.
  std::vector<std::string> suspects = {};
};
// The derived ones (reference_checks.h), the built-in files and the project's own, by name; of the same name the later
// one is taken.
Result<std::vector<Check>> load_checks(const std::filesystem::path& project);

struct CheckSummary {
  std::int64_t violations = 0;
  std::int64_t failed = 0;  // checks that could not run; the others did
};

// Incrementally: {{changed(key)}} is true for keys of the check's entity that changed in this run; a check of an entity
// that did not change is skipped. Results go to meta.check_results, violations to meta.violations.
Result<CheckSummary> run_checks(warehouse::Connection& connection, const models::Runner& runner,
                                const std::filesystem::path& project, std::int64_t run_id);

}  // namespace deskhouse::pipeline
