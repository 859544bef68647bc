#include "server/monitor_metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/version.h"

namespace deskhouse::server {

namespace {

using Type = Exposition::Type;

// A family is the rows of a query: its labels, then the value. NULL is no sample.
struct Family {
  std::string_view name;
  Type type;
  std::string_view help, sql;
};

constexpr Family kFamilies[] = {
    {"deskhouse_data_version", Type::gauge, "Runs that were published.",
     "select data_version::double as value from meta.state"},
    {"deskhouse_as_of_timestamp_seconds", Type::gauge, "The moment that the numbers are of.",
     "select epoch_us(as_of) / 1e6 as value from meta.state where data_version > 0"},
    {"deskhouse_runs_total", Type::counter, "Runs that ended, by kind and by how.",
     "select kind, status, sum(coalesce(folded, 1))::double as value from meta.runs where status <> 'running' group by "
     "all order by all"},
    {"deskhouse_run_running", Type::gauge, "Runs that are under way.",
     "select count(*)::double as value from meta.runs where status = 'running'"},
    {"deskhouse_run_last_status", Type::gauge, "1 for how the latest run of each kind ended.",
     "select kind, status, 1::double as value from (from meta.runs where status <> 'running' qualify row_number() over "
     "(partition by kind order by run_id desc) = 1) order by all"},
    {"deskhouse_run_last_finished_timestamp_seconds", Type::gauge, "When the latest run of each kind ended.",
     "select kind, max(epoch_us(finished_at)) / 1e6 as value from meta.runs group by all order by all"},
    {"deskhouse_run_last_duration_seconds", Type::gauge, "How long the latest run of each kind that ended took.",
     "select kind, epoch_us(finished_at - started_at) / 1e6 as value from (from meta.runs where finished_at is not "
     "null "
     "qualify row_number() over (partition by kind order by run_id desc) = 1) order by all"},
    {"deskhouse_source_last_success_timestamp_seconds", Type::gauge,
     "When the latest run began that read the source and succeeded.",
     "select b.source, max(epoch_us(r.started_at)) / 1e6 as value from meta.balances b join meta.runs r using (run_id) "
     "where r.status = 'succeeded' and r.kind in ('run', 'stream') group by all order by all limit 1000"},
    {"deskhouse_source_newest_record_timestamp_seconds", Type::gauge, "The latest updated_at that was read.",
     "select source, max(epoch_us(watermark)) / 1e6 as value from meta.watermarks where watermark > timestamp "
     "'1970-01-01' group by all order by all limit 1000"},
    {"deskhouse_records_total", Type::counter, "Records that were extracted, by what became of them.",
     "unpivot (select source, entity, sum(loaded)::double as loaded, sum(unchanged)::double as unchanged, "
     "sum(superseded)::double as superseded, sum(quarantined)::double as quarantined from meta.balances group by all "
     "order by all limit 250) on loaded, unchanged, superseded, quarantined into name outcome value value"},
    {"deskhouse_quarantine_records", Type::gauge, "Records in quarantine that were not replayed or purged.",
     "select source, entity, count(*)::double as value from staging.quarantine where status = 'quarantined' group by "
     "all order by all limit 1000"},
    {"deskhouse_stage_duration_seconds", Type::gauge, "Seconds of work of each stage, of the latest run that had it.",
     "select stage, name, seconds as value from latest_stages order by all"},
    {"deskhouse_stage_rows", Type::gauge, "Rows into each stage, of the latest run that had it.",
     "select stage, name, rows_in::double as value from latest_stages order by all"},
    {"deskhouse_stage_errors", Type::gauge, "Records that each stage refused, of the latest run that had it.",
     "select stage, name, errors::double as value from latest_stages order by all"},
    {"deskhouse_stage_bytes", Type::gauge, "Bytes that came in, of the latest run that had the stage.",
     "select stage, name, bytes::double as value from latest_stages where stage = 'extract' order by all"},
    {"deskhouse_stage_peak_memory_bytes", Type::gauge,
     "Highest resident memory of the process during the stage, of the latest run that had it.",
     "select stage, name, peak_memory_bytes::double as value from latest_stages order by all"},
    {"deskhouse_check_violations", Type::gauge, "What each check found in the latest run that ran it.",
     "select check_name as \"check\", severity, violations::double as value from latest_checks where status <> "
     "'failed' "
     "order by all"},
    {"deskhouse_check_failed", Type::gauge, "1 for each check that could not run in the latest run that ran it.",
     "select check_name as \"check\", severity, (status = 'failed')::int::double as value from latest_checks order by "
     "all"},
    {"deskhouse_quality_score", Type::gauge, "The score of each entity, of 100, as of the latest run.",
     "select entity, score as value from meta.quality where run_id = (select max(run_id) from meta.quality) order by "
     "all"},
    {"deskhouse_alerts", Type::gauge, "Alerts that are pending or firing.",
     "select rule, severity, state, count(*)::double as value from meta.alerts group by all order by all limit 1000"},
    {"deskhouse_alert_messages_sent_total", Type::counter, "Messages of alerts that a channel took.",
     "select channel, sent::double as value from meta.alert_channels order by all limit 1000"},
    {"deskhouse_alert_message_failures_total", Type::counter, "Attempts to send a message of an alert that failed.",
     "select channel, failures::double as value from meta.alert_channels order by all limit 1000"},
    {"deskhouse_alert_messages_pending", Type::gauge, "Messages of alerts that wait to be sent.",
     "select c.channel, count(o.id)::double as value from (select channel from meta.alert_channels union select "
     "channel "
     "from meta.alert_outbox) c left join meta.alert_outbox o on o.channel = c.channel and o.status = 'pending' group "
     "by all order by all limit 1000"},
    {"deskhouse_stream_lag_messages", Type::gauge, "Messages of the stream that were not read, as last seen.",
     "select messages::double as value from meta.stream_lag"},
    {"deskhouse_stream_lag_observed_timestamp_seconds", Type::gauge, "When that was seen.",
     "select epoch_us(observed_at) / 1e6 as value from meta.stream_lag"},
};

// Runs of a stream are many: what is far back says nothing of now.
constexpr std::string_view kViews =
    "with latest_stages as (from meta.stages where stage not like 'model,%' and run_id > (select max(run_id) from "
    "meta.runs) - 1000 qualify row_number() over (partition by stage, name order by run_id desc) = 1 limit 1000), "
    "latest_checks as (from meta.check_results where run_id > (select max(run_id) from meta.runs) - 1000 qualify "
    "row_number() over (partition by check_name order by run_id desc) = 1 limit 1000) ";

Status expose(warehouse::Connection& connection, const Family& family, Exposition& out) {
  const bool uses_views = family.sql.find("latest_") != std::string_view::npos;
  DH_ASSIGN(const auto rows, connection.query(fmt::format("{}{}", uses_views ? kViews : "", family.sql)));
  out.family(family.name, family.type, family.help);
  const auto last = rows.column_count() - 1;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    if (rows.is_null(i, last)) continue;
    std::vector<std::pair<std::string, std::string>> texts;
    for (std::size_t c = 0; c < last; ++c) texts.emplace_back(rows.column_name(c), rows.display(i, c));
    out.sample(Exposition::Labels(texts.begin(), texts.end()), rows.real(i, last));
  }
  return {};
}

// The n-th word, from 0, of a file of one line.
double word_of(const char* file, int n) {
  std::ifstream in(file);
  double value = 0;
  for (int i = 0; i <= n && in >> value; ++i) {
  }
  return in ? value : 0;
}

}  // namespace

Status expose_warehouse(warehouse::Connection& connection, Exposition& out) {
  DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection, warehouse::Transaction::Mode::reads));
  for (const auto& family : kFamilies) DH_TRY(expose(connection, family, out));
  DH_TRY(transaction.commit());
  std::error_code error;
  if (const auto bytes = std::filesystem::file_size(connection.path(), error); !error)
    out.one("deskhouse_warehouse_size_bytes", Type::gauge, "Size of the warehouse's file.", static_cast<double>(bytes));
  return {};
}

void expose_process(Exposition& out) {
  out.family("deskhouse_build_info", Type::gauge, "The version, as a label.");
  out.sample({{"version", kVersion}}, 1);
  constexpr double kMicro = 1e-6;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * kMicro;
  };
  out.one("process_cpu_seconds_total", Type::counter, "Processor time of this process.",
          seconds(usage.ru_utime) + seconds(usage.ru_stime));
  out.one("process_resident_memory_bytes", Type::gauge, "Resident memory of this process.",
          word_of("/proc/self/statm", 1) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error)
    out.one("process_open_fds", Type::gauge, "Files that this process has open.",
            static_cast<double>(std::distance(begin(files), end(files))));
}

}  // namespace deskhouse::server
