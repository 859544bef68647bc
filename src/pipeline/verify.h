// Proves what the increments left: computes every model whole, in a scratch database, from the operational layer, and
// compares each table cell by cell; then the models' audits and the balance of every run. Nothing is written to the
// warehouse.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/compare.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

struct AuditResult {
  std::string model, audit;
  std::int64_t violations = 0;
};

struct VerifyReport {
  Timestamp as_of{};
  std::vector<Comparison> tables;  // left: what is stored; right: what a full computation gives, or the other warehouse
  std::vector<AuditResult> audits;
  std::int64_t balances = 0;            // lines looked at
  std::vector<std::string> unbalanced;  // lines whose equation does not hold
  double seconds = 0;
  bool ok() const;
};

using VerifyProgress = std::function<void(const std::string& step)>;

// `table`: only this model ("core.fact_tickets"); empty: all. Refuses, with kind config, when deskhouse.toml or a model
// changed since the last run: the difference would be the change. `open`: the warehouse, where this process has it open
// for writing, and nobody writes meanwhile; null: its file is opened. (A process that opens a file twice gives up its
// lock on it with the first that it closes.)
Result<VerifyReport> verify(const config::Config& config, const std::string& table, const VerifyProgress& progress,
                            Warehouse* open = nullptr);

// Compares the operational layer (without what says when and from where a row came), core and marts with those of
// another warehouse file: two ways of loading the same data must agree.
Result<VerifyReport> verify_against(const config::Config& config, const std::string& other,
                                    const VerifyProgress& progress, Warehouse* open = nullptr);

}  // namespace deskhouse::pipeline
