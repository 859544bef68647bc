// Runs checks/*.sql after the models, inside the run's transaction. A check is a header and a SELECT of violations with
// the columns id, field, value, message, and perhaps source, entity, expected; docs/checks.md is the format's
// reference.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "models/runner.h"
#include "warehouse/functions.h"
#include "warehouse/sql_guard.h"

namespace deskhouse::pipeline {

// Everything that is not about the records of one entity; such a check looks at each run (docs/checks.md).
inline constexpr std::string_view kAllEntities = "all";

struct Check {
  std::string name, path, severity, entity, description, what_to_do;
  std::string body;  // the SELECT; may hold {{changed(key)}}
  // Of a check of references, which has no body: for each field that names records of another entity, a SELECT of
  // (field, key) of those that lead nowhere, gathered in the temporary table suspects, and the SELECTs of violations
  // that read it, if there are some: of each record, or of all at once where the other entity has no records. A table
  // that is looked at whole is held against the set of their keys instead of the first SELECT.
  struct Reference {
    std::string field, key, target;
    std::string suspects = {}, each_record = {}, all_at_once = {};
  };
  std::vector<Reference> references = {};
  bool own = false;  // of the project folder: its SELECT is looked at before it runs (warehouse/sql_guard.h)
  bool is_about_all() const { return entity == kAllEntities; }
};
// The derived ones (reference_checks.h, configured_checks.h), the built-in files and the project's own, by name; of the
// same name the later one is taken. Severities are those of [quality.severity], which may name no check that there is
// not.
Result<std::vector<Check>> load_checks(const config::Config& config);

// What checks of one run share. What find() gives is executed while it lives.
class CheckContext {
 public:
  CheckContext(warehouse::Connection& connection, warehouse::FunctionContext& functions, const models::Runner& runner)
      : connection_(connection), functions_(functions), sets_(functions), runner_(runner) {}
  // The SELECT of the check's violations; none: a first look has shown that there are none. Refuses a check of the
  // project that would do anything but read.
  Result<std::optional<std::string>> find(const Check& check, const models::Scope& scope);
  warehouse::Connection& connection() { return connection_; }

 private:
  Status look_at(const Check& check);
  Result<std::optional<std::string>> find_lost(const Check& check, const models::Scope& scope);
  Result<std::int64_t> gather_suspects(const Check& check, const Check::Reference& reference,
                                       const models::Scope& scope);
  Result<std::int64_t> gather_unknown_keys(const Check::Reference& reference, const std::string& source);

  warehouse::Connection& connection_;
  warehouse::FunctionContext& functions_;
  warehouse::LocalSets sets_;
  const models::Runner& runner_;
  warehouse::SqlGuard guard_;
  std::map<std::string, int> known_keys_;  // by entity, if they are few: the set of them all
};
struct CheckSummary {
  std::int64_t violations = 0;
  std::vector<std::string> failures = {};  // checks that could not run, and why; the others did
};

// Which checks a run looks at. Gates, of severity fail, guard what the run brings; the others may look at what several
// runs brought at once, and then tell of the gates too.
enum class Which { all, gates, others };

// Incrementally: {{changed(key)}} is true for keys of the check's entity that changed in this run; a check of an entity
// that did not change is skipped. Of gates alone nothing is recorded: they pass, or the run ends. Else results go to
// meta.check_results, violations to meta.violations, and what was looked at again and is no longer found to
// meta.resolutions. A check whose SQL does not bind fails alone: its row says why, and the others run. If its severity
// is fail, or it died of the data half-way, the run ends (docs/decisions/0033). `quarantined`: violations that are
// recorded already, by check.
Result<CheckSummary> run_checks(CheckContext& context, const models::Runner& runner, const std::vector<Check>& checks,
                                std::int64_t run_id, Which which,
                                const std::map<std::string, std::int64_t>& quarantined = {});

}  // namespace deskhouse::pipeline
