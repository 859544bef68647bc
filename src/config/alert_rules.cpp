// The metrics that rules may name, and the rules that are there without a line in deskhouse.toml.
#include "config/alert_rules.h"

namespace deskhouse::config {

namespace {

constexpr AlertMetric kMetrics[] = {
    {"missing_percent", "percent",
     "Of each field of an entity that has to have a value or gets a default: records without one, of those extracted "
     "in the last 24 hours."},
    {"data_age_seconds", "seconds", "Of each source: how long ago the newest record was written."},
    {"read_age_seconds", "seconds", "Of each source: how long ago it was last read by a run that succeeded."},
    {"error_percent", "percent",
     "Of each entity of a source: quarantined records, of those extracted in the last 24 hours."},
    {"failed_runs", "runs", "Of each source: runs in a row that failed or died, since the last one that succeeded."},
    {"failed_batches", "batches", "Of each entity of a source: load batches of the latest run that had to be split."},
    {"stream_lag_messages", "messages", "Messages of the stream that are there and were not read."},
    {"sla_risk_tickets", "tickets",
     "Of each priority: open tickets that are not late yet and will be within the next hour."},
    {"sla_breached_tickets", "tickets", "Of each priority: open tickets that are late."},
    {"failed_checks", "violations",
     "Of each check that could not run (1), or whose severity is above warn and that found something: what it found."},
    {"check_violations", "violations", "Of each check of the latest run that ran it: what it found."},
    {"stage_seconds", "seconds", "Of each stage of the latest run with a limit: how long it took."},
    {"stage_rows_per_second", "rows/s",
     "Of each stage of the latest run with a limit: rows a second, where it had 1,000 rows or more."},
    {"stage_errors", "records", "Of each stage of the latest run with a limit: records that were refused."},
    {"channel_failures", "attempts", "Of each channel: attempts in a row that failed."},
    {"rule_errors", "rules", "Of each rule that cannot be evaluated: 1."},
};

constexpr BuiltInRule kRules[] = {
    {"missing_data", "missing_percent", Comparison::above, 5, 0, Severity::warning,
     "Many records came without a value that they should have."},
    {"stale_data", "data_age_seconds", Comparison::above, 30 * 60, 0, Severity::warning,
     "The newest record of a source is old: is the source still written to, and read?"},
    {"error_rate", "error_percent", Comparison::above, 5, 0, Severity::warning,
     "Many records went to quarantine; `deskhouse quarantine list` says why."},
    {"failed_run", "failed_runs", Comparison::above, 0, 0, Severity::critical,
     "Runs fail; the numbers are those of the last one that succeeded."},
    {"failed_batch", "failed_batches", Comparison::above, 0, 0, Severity::warning,
     "Batches were refused by the warehouse and split; meta.load_batches says why."},
    {"consumer_lag", "stream_lag_messages", Comparison::above, 10'000, 5 * 60, Severity::warning,
     "The stream does not keep up with its topics."},
    {"sla_risk", "sla_risk_tickets", Comparison::above, 0, 0, Severity::warning,
     "Tickets will be late within the hour if nobody resolves them."},
    {"failed_check", "failed_checks", Comparison::above, 0, 0, Severity::warning,
     "A check found what must not be, or could not run; `deskhouse check` shows examples."},
    {"slow_stage", "stage_seconds", Comparison::above, 0, 0, Severity::warning,
     "A stage of the run took longer than [monitoring.stages] allows."},
    {"low_throughput", "stage_rows_per_second", Comparison::below, 0, 0, Severity::warning,
     "A stage of the run was slower, in rows a second, than [monitoring.stages] allows."},
    {"stage_errors", "stage_errors", Comparison::above, 0, 0, Severity::warning,
     "A stage of the run refused more records than [monitoring.stages] allows."},
    {"failing_channel", "channel_failures", Comparison::above, 2, 0, Severity::warning,
     "Alerts do not get through on a channel; what it did not take is kept and tried again."},
    {"broken_rule", "rule_errors", Comparison::above, 0, 0, Severity::warning,
     "A rule of [alerts] cannot be evaluated."},
};

}  // namespace

std::span<const AlertMetric> alert_metrics() {
  return kMetrics;
}

std::span<const BuiltInRule> built_in_rules() {
  return kRules;
}

}  // namespace deskhouse::config
