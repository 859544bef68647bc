#include "pipeline/assess.h"

#include <fmt/format.h>

#include "models/metrics.h"
#include "pipeline/fold.h"
#include "pipeline/quality_score.h"

namespace deskhouse::pipeline {

namespace {

void add(const CheckSummary& found, RunReport& report) {
  report.violations += found.violations;
  report.failed_checks += static_cast<std::int64_t>(found.failures.size());
  report.notices.insert(report.notices.end(), found.failures.begin(), found.failures.end());
}

// The entities that runs from `since` on brought records of, as all of these and this run changed them. Rows that a
// stream changes have the number of the run that did it; what was looked at whole stays whole.
Status widen_deltas(const Assessment& a) {
  using models::Delta;
  auto& connection = a.warehouse.connection;
  DH_ASSIGN(const auto entities,
            connection.query(fmt::format("select distinct entity from meta.balances where run_id >= {0} union select "
                                         "'ticket_events' from meta.balances where run_id >= {0} and entity = "
                                         "'tickets'",
                                         a.unsettled_since)));
  for (std::size_t i = 0; i < entities.row_count(); ++i) {
    const auto entity = entities.display(i, 0), table = "operational." + entity;
    const auto it = a.runner.deltas().find(table);
    const auto mode = it == a.runner.deltas().end() ? Delta::Mode::none : it->second.mode;
    if (mode == Delta::Mode::whole) continue;
    // They may be millions, and checks read few of their columns: they are not copied, unless some are this run's,
    // whose number they need not have.
    const bool has_own = mode == Delta::Mode::incremental;
    const auto rows = (has_own ? "unsettled__" : "unsettled_rows__") + entity;
    const auto own = has_own ? fmt::format(" or key in (select key from {})", it->second.new_rows) : std::string{};
    DH_TRY(connection.execute(fmt::format(
        "create or replace temp {0} {1} as from {2} where run_id >= {3}{4}; create or replace temp table old__{1} as "
        "from {2} where false",
        has_own ? "table" : "view", rows, table, a.unsettled_since, own)));
    a.runner.set_delta(table, {Delta::Mode::incremental, rows, "old__" + rows, rows});
  }
  return {};
}

}  // namespace

Status assess(const Assessment& a, RunReport& report) {
  auto& connection = a.warehouse.connection;
  CheckContext context(connection, a.warehouse.database->functions(), a.runner);
  const bool settles = a.leave == Leave::nothing;
  const auto run = [&](Which which, const std::map<std::string, std::int64_t>& held_back) -> Status {
    DH_ASSIGN(const auto found, run_checks(context, a.runner, a.checks, report.run_id, which, held_back));
    add(found, report);
    return {};
  };
  if (!settles) return run(Which::gates, a.held_back);
  if (a.unsettled_since == 0) {
    DH_TRY(run(Which::all, a.held_back));
  } else {
    DH_TRY(run(Which::gates, {}));  // of this run: what the others brought has passed them
    DH_TRY(widen_deltas(a));
    DH_TRY(run(Which::others, a.held_back));
  }
  const QualityContext quality{connection, a.runner, a.models, report.run_id, a.as_of};
  DH_ASSIGN(const auto metrics, models::load_metrics(a.config.project));
  DH_TRY(record_metric_entities(quality, metrics));
  DH_TRY(record_quality(quality, model_settings(a.config)));
  DH_TRY(fold_micro_batches(connection, report.started_at));
  return a.unsettled_since == 0 ? Status{} : connection.execute("update meta.state set unsettled_since = null");
}

}  // namespace deskhouse::pipeline
