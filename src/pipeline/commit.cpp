#include "pipeline/commit.h"

#include <utility>
#include <vector>

#include "base/fault.h"
#include "warehouse/snapshots.h"

namespace deskhouse::pipeline {

namespace {

constexpr std::int64_t kRunsBetweenGapLooks = 50;
constexpr double kWorthwhileGaps = 0.2;  // share of a table's places that deleted rows left behind
// What every run with changed tickets looks for: facts carry what their ticket is about (decision 0052). The others are
// made by the first run that needs them.
const std::vector<std::pair<std::string, std::string>> kIndexes = {{"operational.tickets", "key"},
                                                                   {"operational.ticket_events", "ticket_key"},
                                                                   {"operational.time_entries", "key"},
                                                                   {"operational.surveys", "key"},
                                                                   {"core.fact_tickets_stored", "ticket_key"},
                                                                   {"core.fact_time_tracking", "entry_key"},
                                                                   {"core.fact_surveys_stored", "survey_key"},
                                                                   {"core.dim_customer", "requester_key"},
                                                                   {"core.asset_incidents", "asset_key"},
                                                                   {"core.requester_quarters", "requester_key"}};

}  // namespace

Status commit_run(const CommitContext& context, warehouse::Transaction& transaction,
                  std::optional<warehouse::OneThread>& one_thread) {
  auto& connection = context.connection;
  bool closes_gaps = false;
  if (context.run_id % kRunsBetweenGapLooks == 0 || context.has_deleted_much) {
    DH_ASSIGN(closes_gaps, warehouse::let_checkpoint_close_gaps(connection, kWorthwhileGaps));
  }
  context.announce(closes_gaps ? "commit, closing the gaps of deleted rows" : "commit");
  fault_point("before_commit");
  one_thread.reset();
  DH_TRY(warehouse::name_snapshot(connection, context.run_id));
  {
    std::optional<warehouse::CheckpointAtCommit> checkpoint;
    if (!context.is_one_of_many) checkpoint.emplace(connection);
    DH_TRY(transaction.commit());
  }
  fault_point("after_commit");
  if (closes_gaps) {
    (void)connection.execute("checkpoint");                // if somebody writes just now, the gaps stay a while
    (void)connection.execute("set max_vacuum_tasks = 0");  // other checkpoints move no rows
    context.places.forget();
  }
  context.places.follow(connection, context.is_one_of_many ? std::span(kIndexes).first(0) : kIndexes);
  return {};
}

}  // namespace deskhouse::pipeline
