// What a source's columns are now against what they were in the latest published run, and what becomes of the
// difference (docs/decisions/0024-contracts.md).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "sources/source.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// As meta.source_columns remembers them; empty before the first run.
struct RememberedColumns {
  std::vector<sources::SourceColumn> present;
  std::vector<std::string> gone;  // a field names them, the source had them
  bool empty() const { return present.empty() && gone.empty(); }
};
Result<RememberedColumns> remembered_columns(warehouse::Connection& connection, const config::EntityMapping& mapping);

// One line of meta.schema_changes.
struct ColumnChange {
  enum class Kind { added, removed, retyped };
  Kind kind = Kind::added;
  std::string column, before, after;  // types, where the source has them
  std::string fields;                 // canonical fields that read it, "subject, category"; empty: none
  std::string action;                 // what was done, a phrase
};
std::string_view to_string(ColumnChange::Kind kind);

struct ContractOutcome {
  config::EntityMapping mapping;      // to read with: `gone` and `known` are set, "*" is spelled out
  std::vector<ColumnChange> changes;  // since the latest run
  RememberedColumns columns;          // to be remembered by this run
};

// Pure. `now`: none where only reading can tell. An error (config) where the contract says that the run stops, or where
// the strategy's own column went; `accepted`: changes of a frozen entity are taken as they are. Without a `now` nothing
// is found yet: see compare_seen.
Result<ContractOutcome> apply_contract(const config::EntityMapping& mapping, const RememberedColumns& before,
                                       const std::optional<std::vector<sources::SourceColumn>>& now, bool accepted);

// The same once the records were read, for a source that could not tell before. A column that no record has is a change
// only where a field needs it, or where every record had it before (SourceColumn::always; then it is one, too, if some
// lack it): in JSON absent is the same as null.
Status compare_seen(const RememberedColumns& before, const std::vector<sources::SourceColumn>& seen, bool accepted,
                    ContractOutcome& outcome);

// Columns that compare_seen found gone and whose records were read as if they were NULL, though they are to go to
// quarantine: they must be read again with these in EntityMapping::gone.
std::vector<std::string> newly_gone(const ContractOutcome& outcome);

// Inside the publishing transaction.
Status record_columns(warehouse::Connection& connection, std::int64_t run_id,
                      std::span<const ContractOutcome* const> outcomes);

// For the run's report: "desk.tickets: the column 'prio' went: NULL in priority".
std::string sentence(const config::EntityMapping& mapping, const ColumnChange& change);

}  // namespace deskhouse::pipeline
