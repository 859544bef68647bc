#include "pipeline/assess.h"

#include "models/metrics.h"
#include "pipeline/quality_score.h"

namespace deskhouse::pipeline {

namespace {

bool looks_at_all(const Assessment& a) {
  constexpr auto kMinute = 60 * kMicrosPerSecond;
  return !a.is_fed || a.as_of.us / kMinute != a.previous_as_of.us / kMinute;
}

}  // namespace

Status assess(const Assessment& a, RunReport& report) {
  auto& connection = a.warehouse.connection;
  CheckContext context(connection, a.warehouse.database->functions(), a.runner);
  DH_ASSIGN(const auto found, run_checks(context, a.runner, a.checks, report.run_id, looks_at_all(a), a.held_back));
  report.violations = found.violations;
  report.failed_checks = static_cast<std::int64_t>(found.failures.size());
  report.notices.insert(report.notices.end(), found.failures.begin(), found.failures.end());
  if (!looks_at_all(a)) return {};
  const QualityContext quality{connection, a.runner, a.models, report.run_id, a.as_of};
  DH_ASSIGN(const auto metrics, models::load_metrics(a.config.project));
  DH_TRY(record_metric_entities(quality, metrics));
  return record_quality(quality, model_settings(a.config));
}

}  // namespace deskhouse::pipeline
