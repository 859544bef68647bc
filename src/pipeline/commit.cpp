#include "pipeline/commit.h"

#include <utility>
#include <vector>

#include "base/fault.h"
#include "warehouse/row_groups.h"
#include "warehouse/snapshots.h"

namespace deskhouse::pipeline {

namespace {

constexpr std::int64_t kRunsBetweenMergeLooks = 4;
constexpr std::int64_t kMicroBatchesBetweenMergeLooks = 64;  // of which most end without a checkpoint
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

Status merge_row_groups(const CommitContext& context) {
  auto& connection = context.connection;
  if (connection.is_of_lake()) return {};
  const auto between = context.is_one_of_many ? kMicroBatchesBetweenMergeLooks : kRunsBetweenMergeLooks;
  if (context.run_id % between == 1) {
    DH_ASSIGN(const bool is_due, warehouse::has_many_row_groups(connection));
    if (is_due) {
      context.announce("merging row groups");
      DH_TRY(warehouse::merge_appended(connection, context.places));
    }
  }
  if (context.run_id % kRunsBetweenGapLooks == 0 || context.has_deleted_much) {
    context.announce("closing the gaps of deleted rows");
    DH_TRY(warehouse::close_gaps(connection, context.places, kWorthwhileGaps));
  }
  return {};
}

}  // namespace

Status commit_run(const CommitContext& context, warehouse::Transaction& transaction,
                  std::optional<warehouse::OneThread>& one_thread) {
  auto& connection = context.connection;
  context.announce("commit");
  fault_point("before_commit");
  one_thread.reset();
  DH_TRY(warehouse::name_snapshot(connection, context.run_id));
  {
    std::optional<warehouse::CheckpointAtCommit> checkpoint;
    if (!context.is_one_of_many) checkpoint.emplace(connection);
    DH_TRY(transaction.commit());
  }
  fault_point("after_commit");
  // If not, the run is published all the same, and a later one does it.
  if (const auto merged = merge_row_groups(context); !merged)
    context.notice("Row groups were not merged: " + merged.error().message);
  context.places.follow(connection, context.is_one_of_many ? std::span(kIndexes).first(0) : kIndexes);
  return {};
}

}  // namespace deskhouse::pipeline
