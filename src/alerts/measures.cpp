include "pipeline/past_runs.h"#include "alerts/measures.h"
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"#include <fmt/format.h>
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"#include <algorithm>
include "pipeline/past_runs.h"#include <cmath>
include "pipeline/past_runs.h"#include <set>
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"#include "pipeline/past_runs.h"
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"namespace deskhouse::alerts {
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"namespace {
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"using warehouse::sql_text;
include "pipeline/past_runs.h"using warehouse::sql_timestamp;
include "pipeline/past_runs.h"using Samples = Result<std::vector<Sample>>;
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"constexpr std::int64_t kExamples = 5;
include "pipeline/past_runs.h"constexpr std::int64_t kRunsLookedAt = 1000;  // a stream has many; what is older says nothing of now
include "pipeline/past_runs.h"constexpr std::int64_t kJudgedRows = 1000;    // of a stage: fewer say nothing of rows a second
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"std::string text_list(const std::set<std::string>& texts) {
include "pipeline/past_runs.h"  std::string out;
include "pipeline/past_runs.h"  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + sql_text(text);
include "pipeline/past_runs.h"  return out.empty() ? "''" : out;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"std::set<std::string> sources_of(const config::Config& config) {
include "pipeline/past_runs.h"  std::set<std::string> names;
include "pipeline/past_runs.h"  for (const auto& source : config.sources) names.insert(source.name);
include "pipeline/past_runs.h"  if (!config.stream.brokers.empty())
include "pipeline/past_runs.h"    for (const auto& topic : config.stream.topics) names.insert(topic.source);
include "pipeline/past_runs.h"  return names;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// Runs that read something and are of the last `hours`; of each entity at least the latest one.
include "pipeline/past_runs.h"std::string recent_balances(const MeasureInput& in, std::int64_t hours) {
include "pipeline/past_runs.h"  return fmt::format(
include "pipeline/past_runs.h"      "select b.* from meta.balances b join meta.runs r using (run_id) where r.kind not in ('replay', 'rebuild') and "
include "pipeline/past_runs.h"      "r.status = 'succeeded' and b.source in ({}) qualify r.as_of > {} or b.run_id = max(b.run_id) over (partition by "
include "pipeline/past_runs.h"      "b.source, b.entity)",
include "pipeline/past_runs.h"      text_list(sources_of(in.config)), sql_timestamp({in.now.us - hours * kMicrosPerHour}));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// Rows of labels..., value, detail.
include "pipeline/past_runs.h"Samples samples_of(const MeasureInput& in, const std::string& sql) {
include "pipeline/past_runs.h"  DH_ASSIGN(const auto rows, in.connection.query(sql));
include "pipeline/past_runs.h"  std::vector<Sample> samples;
include "pipeline/past_runs.h"  const auto labels = rows.column_count() - 2;
include "pipeline/past_runs.h"  for (std::size_t i = 0; i < rows.row_count(); ++i) {
include "pipeline/past_runs.h"    Sample sample;
include "pipeline/past_runs.h"    for (std::size_t c = 0; c < labels; ++c) sample.labels.emplace_back(rows.column_name(c), rows.display(i, c));
include "pipeline/past_runs.h"    if (rows.is_null(i, labels)) continue;
include "pipeline/past_runs.h"    sample.value = rows.real(i, labels);
include "pipeline/past_runs.h"    sample.detail = rows.display(i, labels + 1);
include "pipeline/past_runs.h"    samples.push_back(std::move(sample));
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  return samples;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// 100.0 * whole number / whole number is rounded once: exactly 5 % is 5.
include "pipeline/past_runs.h"Samples missing_percent(const MeasureInput& in) {
include "pipeline/past_runs.h"  return samples_of(
include "pipeline/past_runs.h"      in, fmt::format(
include "pipeline/past_runs.h"              "with recent as ({}), total as (select source, entity, sum(extracted) as n from recent group by all), "
include "pipeline/past_runs.h"              "missing as (select f.source, f.entity, field, sum(defaulted) as m from meta.field_counts f semi join "
include "pipeline/past_runs.h"              "recent using (run_id, source, entity) group by all union all select source, entity, field, count(*) "
include "pipeline/past_runs.h"              "from (select q.source, q.entity, unnest(from_json(q.reasons, '[{{\"field\":\"VARCHAR\",\"reason\":"
include "pipeline/past_runs.h"              "\"VARCHAR\"}}]'), recursive := true) from staging.quarantine q semi join recent using (run_id, source, "
include "pipeline/past_runs.h"              "entity)) where reason = 'required, but empty' group by all) select source, entity, field, 100.0 * "
include "pipeline/past_runs.h"              "sum(m)::double / any_value(n)::double as value, format('{{}} of {{}} records', sum(m)::bigint, "
include "pipeline/past_runs.h"              "any_value(n)::bigint) as detail from missing join total using (source, entity) where n > 0 group by "
include "pipeline/past_runs.h"              "source, entity, field having sum(m) > 0 order by all",
include "pipeline/past_runs.h"              recent_balances(in, 24)));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples error_percent(const MeasureInput& in) {
include "pipeline/past_runs.h"  return samples_of(in, fmt::format("select source, entity, 100.0 * sum(quarantined)::double / sum(extracted)::double "
include "pipeline/past_runs.h"                                    "as value, format('{{}} of {{}} records', sum(quarantined)::bigint, "
include "pipeline/past_runs.h"                                    "sum(extracted)::bigint) as detail from ({}) group by all having sum(extracted) > "
include "pipeline/past_runs.h"                                    "0 order by all",
include "pipeline/past_runs.h"                                    recent_balances(in, 24)));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// `times`: source and a time.
include "pipeline/past_runs.h"Samples ages(const MeasureInput& in, const std::string& times, std::string_view what) {
include "pipeline/past_runs.h"  DH_ASSIGN(const auto rows, in.connection.query(fmt::format(
include "pipeline/past_runs.h"                                 "select source, max(t) from ({}) where t > timestamp '1970-01-01' and source "
include "pipeline/past_runs.h"                                 "in ({}) group by all order by all",
include "pipeline/past_runs.h"                                 times, text_list(sources_of(in.config)))));
include "pipeline/past_runs.h"  std::vector<Sample> samples;
include "pipeline/past_runs.h"  for (std::size_t i = 0; i < rows.row_count(); ++i) {
include "pipeline/past_runs.h"    const Timestamp at{rows.integer(i, 1)};
include "pipeline/past_runs.h"    samples.push_back({.labels = {{"source", rows.display(i, 0)}},
include "pipeline/past_runs.h"                       .value = static_cast<double>(in.now.us - at.us) / static_cast<double>(kMicrosPerSecond),
include "pipeline/past_runs.h"                       .detail = fmt::format("{}: {}", what, to_string(at)),
include "pipeline/past_runs.h"                       .threshold = {}});
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  return samples;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples data_age(const MeasureInput& in) {
include "pipeline/past_runs.h"  std::string times = "select source, watermark as t from meta.watermarks";
include "pipeline/past_runs.h"  if (!in.config.stream.brokers.empty()) {  // a micro-batch moves no watermark
include "pipeline/past_runs.h"    std::set<std::string> entities;
include "pipeline/past_runs.h"    for (const auto& topic : in.config.stream.topics) entities.insert(topic.entity);
include "pipeline/past_runs.h"    for (const auto& entity : entities)
include "pipeline/past_runs.h"      times += fmt::format(" union all select source, max({}) from operational.{} group by all",
include "pipeline/past_runs.h"                           entity == "ticket_events" ? "event_at" : "updated_at", entity);
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  return ages(in, times, "the newest record");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples read_age(const MeasureInput& in) {
include "pipeline/past_runs.h"  return ages(in,
include "pipeline/past_runs.h"              "select b.source, r.as_of as t from meta.balances b join meta.runs r using (run_id) where r.status = "
include "pipeline/past_runs.h"              "'succeeded' and r.kind in ('run', 'stream')",
include "pipeline/past_runs.h"              "last read");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples failed_runs(const MeasureInput& in) {
include "pipeline/past_runs.h"  DH_ASSIGN(const auto past, pipeline::read_past_runs(in.connection, in.config.sources));
include "pipeline/past_runs.h"  std::vector<Sample> samples;
include "pipeline/past_runs.h"  for (const auto& [source, runs] : past) {
include "pipeline/past_runs.h"    Sample sample{
include "pipeline/past_runs.h"        .labels = {{"source", source}}, .value = static_cast<double>(runs.failures), .detail = {}, .threshold = {}};
include "pipeline/past_runs.h"    if (runs.failures > 0) {
include "pipeline/past_runs.h"      DH_ASSIGN(const auto error,
include "pipeline/past_runs.h"                in.connection.scalar_text(fmt::format("select error from meta.runs where kind = 'run' and status in "
include "pipeline/past_runs.h"                                                      "('failed', 'interrupted') and (source is null or source = {}) "
include "pipeline/past_runs.h"                                                      "order by run_id desc limit 1",
include "pipeline/past_runs.h"                                                      sql_text(source))));
include "pipeline/past_runs.h"      sample.detail = error.value_or("");
include "pipeline/past_runs.h"    }
include "pipeline/past_runs.h"    samples.push_back(std::move(sample));
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  return samples;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples failed_batches(const MeasureInput& in) {
include "pipeline/past_runs.h"  return samples_of(in,
include "pipeline/past_runs.h"                    fmt::format("select b.source, b.entity, count(*)::double as value, any_value(l.error) as detail "
include "pipeline/past_runs.h"                                "from meta.load_batches l join ({}) b using (run_id, source, entity) where "
include "pipeline/past_runs.h"                                "l.status <> 'loaded' group by all order by all",
include "pipeline/past_runs.h"                                recent_balances(in, 1)));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples stream_lag(const MeasureInput& in) {
include "pipeline/past_runs.h"  return samples_of(in,
include "pipeline/past_runs.h"                    "select messages::double as value, 'as of ' || strftime(observed_at, '%Y-%m-%dT%H:%M:%SZ') as "
include "pipeline/past_runs.h"                    "detail from meta.stream_lag");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples open_tickets(const MeasureInput& in, const std::string& which) {
include "pipeline/past_runs.h"  DH_ASSIGN(const auto runs, in.connection.scalar("select data_version from meta.state"));
include "pipeline/past_runs.h"  if (runs.value_or(0) == 0) return std::vector<Sample>{};
include "pipeline/past_runs.h"  return samples_of(in, fmt::format("select priority, count(*)::double as value, array_to_string(list(ticket_id || ' ' "
include "pipeline/past_runs.h"                                    "|| coalesce(left(subject, 80), '') order by breach_after, ticket_id)[:{}], '; ') "
include "pipeline/past_runs.h"                                    "as detail from (select f.priority, f.ticket_id, f.breach_after, t.subject from "
include "pipeline/past_runs.h"                                    "core.fact_tickets f join operational.tickets t on t.key = f.ticket_key where "
include "pipeline/past_runs.h"                                    "f.is_open and not f.is_deleted and {}) group by all order by all",
include "pipeline/past_runs.h"                                    kExamples, which));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples sla_risk(const MeasureInput& in) {
include "pipeline/past_runs.h"  return open_tickets(in, fmt::format("f.breach_after >= {} and f.breach_after <= {}", sql_timestamp(in.now),
include "pipeline/past_runs.h"                                      sql_timestamp({in.now.us + kMicrosPerHour})));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples sla_breached(const MeasureInput& in) {
include "pipeline/past_runs.h"  return open_tickets(in, fmt::format("f.breach_after < {}", sql_timestamp(in.now)));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples checks(const MeasureInput& in, std::string_view value, std::string_view which) {
include "pipeline/past_runs.h"  return samples_of(in, fmt::format("select check_name as \"check\", severity, {} as value, coalesce(error, '') as "
include "pipeline/past_runs.h"                                    "detail from (from meta.check_results where run_id > (select max(run_id) from "
include "pipeline/past_runs.h"                                    "meta.runs) - {} qualify row_number() over (partition by check_name order by "
include "pipeline/past_runs.h"                                    "run_id desc) = 1) where {} order by all",
include "pipeline/past_runs.h"                                    value, kRunsLookedAt, which));
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples failed_checks(const MeasureInput& in) {
include "pipeline/past_runs.h"  return checks(in, "if(status = 'failed', 1, violations)::double",
include "pipeline/past_runs.h"                "status = 'failed' or (severity <> 'warn' and violations > 0)");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples check_violations(const MeasureInput& in) {
include "pipeline/past_runs.h"  return checks(in, "violations::double", "status <> 'failed'");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// `limit`: of a stage, or none; `value`: an expression over meta.stages.
include "pipeline/past_runs.h"template <class Limit>
include "pipeline/past_runs.h"Samples stages(const MeasureInput& in, std::string_view value, std::string_view which, Limit limit) {
include "pipeline/past_runs.h"  std::vector<Sample> all;
include "pipeline/past_runs.h"  for (const auto& stage : in.config.alerts.stages) {
include "pipeline/past_runs.h"    const std::optional<double> threshold = limit(stage);
include "pipeline/past_runs.h"    if (!threshold) continue;
include "pipeline/past_runs.h"    DH_ASSIGN(auto samples,
include "pipeline/past_runs.h"              samples_of(in, fmt::format("select stage, name, {} as value, format('run {{}}: {{}} rows in {{:.3f}} s', "
include "pipeline/past_runs.h"                                         "run_id, rows_in, seconds) as detail from (from meta.stages where stage = {} "
include "pipeline/past_runs.h"                                         "and run_id > (select max(run_id) from meta.runs) - {} qualify row_number() "
include "pipeline/past_runs.h"                                         "over (partition by name order by run_id desc) = 1) where {} order by all",
include "pipeline/past_runs.h"                                         value, sql_text(stage.stage), kRunsLookedAt, which)));
include "pipeline/past_runs.h"    for (auto& sample : samples) {
include "pipeline/past_runs.h"      sample.threshold = threshold;
include "pipeline/past_runs.h"      all.push_back(std::move(sample));
include "pipeline/past_runs.h"    }
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  return all;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples stage_seconds(const MeasureInput& in) {
include "pipeline/past_runs.h"  return stages(in, "seconds", "true", [](const config::StageLimit& s) {
include "pipeline/past_runs.h"    return s.seconds_max > 0 ? std::optional(static_cast<double>(s.seconds_max)) : std::nullopt;
include "pipeline/past_runs.h"  });
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples stage_rate(const MeasureInput& in) {
include "pipeline/past_runs.h"  return stages(in, "rows_in / seconds", fmt::format("rows_in >= {} and seconds > 0", kJudgedRows),
include "pipeline/past_runs.h"                [](const config::StageLimit& s) {
include "pipeline/past_runs.h"                  return s.rows_per_second_min > 0 ? std::optional(s.rows_per_second_min) : std::nullopt;
include "pipeline/past_runs.h"                });
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples stage_errors(const MeasureInput& in) {
include "pipeline/past_runs.h"  return stages(in, "errors::double", "true", [](const config::StageLimit& s) {
include "pipeline/past_runs.h"    return s.errors_max ? std::optional(static_cast<double>(*s.errors_max)) : std::nullopt;
include "pipeline/past_runs.h"  });
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Samples channel_failures(const MeasureInput& in) {
include "pipeline/past_runs.h"  return samples_of(in,
include "pipeline/past_runs.h"                    "select channel, failures_in_row::double as value, coalesce(last_error, '') as detail from "
include "pipeline/past_runs.h"                    "meta.alert_channels order by all");
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"constexpr std::pair<std::string_view, Samples (*)(const MeasureInput&)> kMeasures[] = {
include "pipeline/past_runs.h"    {"missing_percent", missing_percent},   {"data_age_seconds", data_age},
include "pipeline/past_runs.h"    {"read_age_seconds", read_age},         {"error_percent", error_percent},
include "pipeline/past_runs.h"    {"failed_runs", failed_runs},           {"failed_batches", failed_batches},
include "pipeline/past_runs.h"    {"stream_lag_messages", stream_lag},    {"sla_risk_tickets", sla_risk},
include "pipeline/past_runs.h"    {"sla_breached_tickets", sla_breached}, {"failed_checks", failed_checks},
include "pipeline/past_runs.h"    {"check_violations", check_violations}, {"stage_seconds", stage_seconds},
include "pipeline/past_runs.h"    {"stage_rows_per_second", stage_rate},  {"stage_errors", stage_errors},
include "pipeline/past_runs.h"    {"channel_failures", channel_failures},
include "pipeline/past_runs.h"};
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"// Rows of one SELECT of the project: the column `value`, `detail` if there is one, and labels.
include "pipeline/past_runs.h"Samples ask(const MeasureInput& in, std::string_view sql) {
include "pipeline/past_runs.h"  constexpr warehouse::SelectLimits kLimits{.rows = 100, .time = std::chrono::milliseconds(10'000)};
include "pipeline/past_runs.h"  const auto end = sql.find_last_not_of("; \t\r\n");
include "pipeline/past_runs.h"  sql = sql.substr(0, end == std::string_view::npos ? 0 : end + 1);
include "pipeline/past_runs.h"  warehouse::SqlGuard guard;
include "pipeline/past_runs.h"  if (const auto verdict = guard.check(in.connection, sql, warehouse::SqlGuard::Author::project); !verdict)
include "pipeline/past_runs.h"    return fail(Error::Kind::config, verdict.error().message);
include "pipeline/past_runs.h"  // On lines of its own: it may end in a comment.
include "pipeline/past_runs.h"  DH_ASSIGN(
include "pipeline/past_runs.h"      const auto selected,
include "pipeline/past_runs.h"      in.connection.select(fmt::format("select * replace (value::double as value) from (\n{}\n)", sql), {}, kLimits));
include "pipeline/past_runs.h"  const auto& rows = selected.rows;
include "pipeline/past_runs.h"  if (selected.truncated)
include "pipeline/past_runs.h"    return fail(Error::Kind::config,
include "pipeline/past_runs.h"                fmt::format("the SELECT gives more than {} rows; each would be an alert of its own", kLimits.rows));
include "pipeline/past_runs.h"  std::vector<Sample> samples(rows.row_count());
include "pipeline/past_runs.h"  for (std::size_t c = 0; c < rows.column_count(); ++c) {
include "pipeline/past_runs.h"    const auto name = rows.column_name(c);
include "pipeline/past_runs.h"    for (std::size_t i = 0; i < samples.size(); ++i) {
include "pipeline/past_runs.h"      if (name == "value")
include "pipeline/past_runs.h"        samples[i].value = rows.is_null(i, c) ? std::nan("") : rows.real(i, c);
include "pipeline/past_runs.h"      else if (name == "detail")
include "pipeline/past_runs.h"        samples[i].detail = rows.display(i, c);
include "pipeline/past_runs.h"      else
include "pipeline/past_runs.h"        samples[i].labels.emplace_back(name, rows.display(i, c));
include "pipeline/past_runs.h"    }
include "pipeline/past_runs.h"  }
include "pipeline/past_runs.h"  std::erase_if(samples, [](const Sample& s) { return std::isnan(s.value); });
include "pipeline/past_runs.h"  return samples;
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"}  // namespace
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"bool is_measured(std::string_view metric) {
include "pipeline/past_runs.h"  return std::ranges::find(kMeasures, metric, [](const auto& m) { return m.first; }) != std::end(kMeasures);
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"Result<std::vector<Sample>> measure(const MeasureInput& input, const config::AlertRule& rule) {
include "pipeline/past_runs.h"  if (!rule.sql.empty()) return ask(input, rule.sql);
include "pipeline/past_runs.h"  const auto known = std::ranges::find(kMeasures, rule.metric, [](const auto& m) { return m.first; });
include "pipeline/past_runs.h"  DH_ASSERT(known != std::end(kMeasures), "deskhouse.toml was checked");
include "pipeline/past_runs.h"  return known->second(input);
include "pipeline/past_runs.h"}
include "pipeline/past_runs.h"
include "pipeline/past_runs.h"}  // namespace deskhouse::alerts
