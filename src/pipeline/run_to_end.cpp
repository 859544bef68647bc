// Runs that are made of runs: slices of a long sync, and a rebuild.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/retention.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

void RunReport::add(RunReport&& next) {
  for (const auto& line : next.balances) {
    const auto same = std::ranges::find_if(
        balances, [&](const Line& mine) { return mine.source == line.source && mine.entity == line.entity; });
    if (same == balances.end()) {
      balances.push_back(line);
      continue;
    }
    auto& sum = same->balance;
    const auto& more = line.balance;
    sum = {sum.extracted + more.extracted,   sum.loaded + more.loaded,           sum.unchanged + more.unchanged,
           sum.superseded + more.superseded, sum.quarantined + more.quarantined, sum.ties + more.ties};
    same->deleted += line.deleted;
    same->returned += line.returned;
    same->unavailable = line.unavailable;
  }
  notices.insert(notices.end(), next.notices.begin(), next.notices.end());
  sweep_refused = sweep_refused || next.sweep_refused;
  run_id = next.run_id;
  seconds += next.seconds;
  models = std::move(next.models);
  violations = next.violations;
  failed_checks = next.failed_checks;
  unfinished = next.unfinished;
  slices += next.slices;
}

Result<RunReport> run_to_end(const config::Config& config, Warehouse& warehouse, const RunOptions& options,
                             const Observer& observer, const std::function<std::optional<Timestamp>()>& next_as_of) {
  DH_ASSIGN(auto report, run(config, warehouse, options, observer));
  RunOptions going_on{.as_of = {},
                      .goes_on = true,
                      .only = options.only,
                      .kind = options.kind,
                      .sources = options.sources,
                      .accept_deletes = options.accept_deletes,
                      .period = options.period};
  while (report.unfinished) {
    const auto as_of = next_as_of();
    if (!as_of) break;
    going_on.as_of = *as_of;
    DH_ASSIGN(auto next, run(config, warehouse, going_on, observer));
    report.add(std::move(next));
  }
  DH_ASSIGN(const auto dropped, drop_expired(config, warehouse, report.as_of, observer));
  if (dropped)
    report.notices.push_back(fmt::format("Run {} dropped tickets of more than {} months ago (retention.months).",
                                         dropped->run_id, config.retention_months));
  return report;
}

Result<RunReport> rebuild(const config::Config& config, Warehouse& warehouse, const Observer& observer) {
  DH_ASSIGN(const auto as_of, warehouse.connection.scalar("select as_of from meta.state"));
  RunOptions options{.as_of = Timestamp{as_of.value_or(0)}, .whole = true, .only = {}, .kind = "rebuild"};
  return run(config, warehouse, options, observer);
}

}  // namespace deskhouse::pipeline
