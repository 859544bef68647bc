#include "pipeline/run_contracts.h"

#include <algorithm>

namespace deskhouse::pipeline {

Result<const config::EntityMapping*> RunContracts::apply(const config::EntityMapping& written,
                                                         const std::optional<std::vector<sources::SourceColumn>>& now) {
  DH_ASSIGN(auto before, remembered_columns(connection_, written));
  DH_ASSIGN(auto outcome, apply_contract(written, before, now, accepted_));
  auto& kept = contracts_[&written];
  std::ranges::copy(kept.newly_gone, std::back_inserter(outcome.mapping.gone));
  kept.before = std::move(before);
  kept.outcome = std::move(outcome);
  return &kept.outcome.mapping;
}

Result<bool> RunContracts::knows_columns(const config::EntityMapping& written, const Extraction& extraction) {
  if (!extraction.columns_seen) return true;
  auto& contract = contracts_[&written];
  DH_TRY(compare_seen(contract.before, *extraction.columns_seen, accepted_, contract.outcome));
  if (!contract.newly_gone.empty()) return true;
  contract.newly_gone = newly_gone(contract.outcome);
  return contract.newly_gone.empty();
}

Status RunContracts::record(std::int64_t run_id, std::vector<std::string>& notices) const {
  std::vector<const ContractOutcome*> outcomes;
  for (const auto& [written, contract] : contracts_) {
    outcomes.push_back(&contract.outcome);
    for (const auto& change : contract.outcome.changes) notices.push_back(sentence(*written, change));
  }
  return record_columns(connection_, run_id, outcomes);
}

}  // namespace deskhouse::pipeline
