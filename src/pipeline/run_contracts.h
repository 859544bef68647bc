// The contracts of a run's entities (contract.h): what each looked like before the run, and what became of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/contract.h"
#include "pipeline/extraction.h"

namespace deskhouse::pipeline {

class RunContracts {
 public:
  // accepted: run --accept-columns.
  RunContracts(warehouse::Connection& connection, bool accepted) : connection_(connection), accepted_(accepted) {}

  // The mapping to read an entity with; it lives as long as this, and until it is asked for again. `written`: as
  // deskhouse.toml has it. `now`: its columns, where the source can tell.
  Result<const config::EntityMapping*> apply(const config::EntityMapping& written,
                                             const std::optional<std::vector<sources::SourceColumn>>& now);
  // Looks at columns that only the records could tell. False: the records must be read again with what apply() gives
  // then, which knows columns that are gone.
  Result<bool> knows_columns(const config::EntityMapping& written, const Extraction& extraction);
  // Inside the publishing transaction; adds a sentence for each change.
  Status record(std::int64_t run_id, std::vector<std::string>& notices) const;

 private:
  struct Contract {
    RememberedColumns before;
    ContractOutcome outcome;
    std::vector<std::string> newly_gone;  // found by this run
  };
  warehouse::Connection& connection_;
  const bool accepted_;
  std::map<const config::EntityMapping*, Contract> contracts_;
};

}  // namespace deskhouse::pipeline
