#include "alerts/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "pipeline/past_runs.h"
#include "warehouse/sql_guard.h"

namespace deskhouse::alerts {

namespace {

using warehouse::sql_text;
using warehouse::sql_timestamp;
using Samples = Result<std::vector<Sample>>;

constexpr std::int64_t kExamples = 5;
constexpr std::int64_t kRunsLookedAt = 1000;  // a stream has many; what is older says nothing of now
constexpr std::int64_t kJudgedRows = 1000;    // of a stage: fewer say nothing of rows a second

std::string text_list(const std::set<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : ", ") + sql_text(text);
  return out.empty() ? "''" : out;
}

std::set<std::string> sources_of(const config::Config& config) {
  std::set<std::string> names;
  for (const auto& source : config.sources) names.insert(source.name);
  if (!config.stream.brokers.empty())
    for (const auto& topic : config.stream.topics) names.insert(topic.source);
  return names;
}

// Runs that read something and are of the last `hours`; of each entity at least the latest one.
std::string recent_balances(const MeasureInput& in, std::int64_t hours) {
  return fmt::format(
      "select b.* from meta.balances b join meta.runs r using (run_id) where r.kind not in ('replay', 'rebuild') and "
      "r.status = 'succeeded' and b.source in ({}) qualify r.as_of > {} or b.run_id = max(b.run_id) over (partition by "
      "b.source, b.entity)",
      text_list(sources_of(in.config)), sql_timestamp({in.now.us - hours * kMicrosPerHour}));
}

// Rows of labels..., value, detail.
Samples samples_of(const MeasureInput& in, const std::string& sql) {
  DH_ASSIGN(const auto rows, in.connection.query(sql));
  std::vector<Sample> samples;
  const auto labels = rows.column_count() - 2;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    Sample sample;
    for (std::size_t c = 0; c < labels; ++c) sample.labels.emplace_back(rows.column_name(c), rows.display(i, c));
    if (rows.is_null(i, labels)) continue;
    sample.value = rows.real(i, labels);
    sample.detail = rows.display(i, labels + 1);
    samples.push_back(std::move(sample));
  }
  return samples;
}

// 100.0 * whole number / whole number is rounded once: exactly 5 % is 5.
Samples missing_percent(const MeasureInput& in) {
  return samples_of(
      in, fmt::format(
              "with recent as ({}), total as (select source, entity, sum(extracted) as n from recent group by all), "
              "missing as (select f.source, f.entity, field, sum(defaulted) as m from meta.field_counts f semi join "
              "recent using (run_id, source, entity) group by all union all select source, entity, field, count(*) "
              "from (select q.source, q.entity, unnest(from_json(q.reasons, '[{{\"field\":\"VARCHAR\",\"reason\":"
              "\"VARCHAR\"}}]'), recursive := true) from staging.quarantine q semi join recent using (run_id, source, "
              "entity)) where reason = 'required, but empty' group by all) select source, entity, field, 100.0 * "
              "sum(m)::double / any_value(n)::double as value, format('{{}} of {{}} records', sum(m)::bigint, "
              "any_value(n)::bigint) as detail from missing join total using (source, entity) where n > 0 group by "
              "source, entity, field having sum(m) > 0 order by all",
              recent_balances(in, 24)));
}

Samples error_percent(const MeasureInput& in) {
  return samples_of(in, fmt::format("select source, entity, 100.0 * sum(quarantined)::double / sum(extracted)::double "
                                    "as value, format('{{}} of {{}} records', sum(quarantined)::bigint, "
                                    "sum(extracted)::bigint) as detail from ({}) group by all having sum(extracted) > "
                                    "0 order by all",
                                    recent_balances(in, 24)));
}

// `times`: source and a time.
Samples ages(const MeasureInput& in, const std::string& times, std::string_view what) {
  DH_ASSIGN(const auto rows, in.connection.query(fmt::format(
                                 "select source, max(t) from ({}) where t > timestamp '1970-01-01' and source "
                                 "in ({}) group by all order by all",
                                 times, text_list(sources_of(in.config)))));
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    const Timestamp at{rows.integer(i, 1)};
    samples.push_back({.labels = {{"source", rows.display(i, 0)}},
                       .value = static_cast<double>(in.now.us - at.us) / static_cast<double>(kMicrosPerSecond),
                       .detail = fmt::format("{}: {}", what, to_string(at)),
                       .threshold = {}});
  }
  return samples;
}

Samples data_age(const MeasureInput& in) {
  std::string times = "select source, watermark as t from meta.watermarks";
  if (!in.config.stream.brokers.empty()) {  // a micro-batch moves no watermark
    std::set<std::string> entities;
    for (const auto& topic : in.config.stream.topics) entities.insert(topic.entity);
    for (const auto& entity : entities)
      times += fmt::format(" union all select source, max({}) from operational.{} group by all",
                           entity == "ticket_events" ? "event_at" : "updated_at", entity);
  }
  return ages(in, times, "the newest record");
}

Samples read_age(const MeasureInput& in) {
  return ages(in,
              "select b.source, r.as_of as t from meta.balances b join meta.runs r using (run_id) where r.status = "
              "'succeeded' and r.kind in ('run', 'stream')",
              "last read");
}

Samples failed_runs(const MeasureInput& in) {
  DH_ASSIGN(const auto past, pipeline::read_past_runs(in.connection, in.config.sources));
  std::vector<Sample> samples;
  for (const auto& [source, runs] : past) {
    Sample sample{
        .labels = {{"source", source}}, .value = static_cast<double>(runs.failures), .detail = {}, .threshold = {}};
    if (runs.failures > 0) {
      DH_ASSIGN(const auto error,
                in.connection.scalar_text(fmt::format("select error from meta.runs where kind = 'run' and status in "
                                                      "('failed', 'interrupted') and (source is null or source = {}) "
                                                      "order by run_id desc limit 1",
                                                      sql_text(source))));
      sample.detail = error.value_or("");
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

Samples failed_batches(const MeasureInput& in) {
  return samples_of(in,
                    fmt::format("select b.source, b.entity, count(*)::double as value, any_value(l.error) as detail "
                                "from meta.load_batches l join ({}) b using (run_id, source, entity) where "
                                "l.status <> 'loaded' group by all order by all",
                                recent_balances(in, 1)));
}

Samples stream_lag(const MeasureInput& in) {
  return samples_of(in,
                    "select messages::double as value, 'as of ' || strftime(observed_at, '%Y-%m-%dT%H:%M:%SZ') as "
                    "detail from meta.stream_lag");
}

Samples open_tickets(const MeasureInput& in, const std::string& which) {
  DH_ASSIGN(const auto runs, in.connection.scalar("select data_version from meta.state"));
  if (runs.value_or(0) == 0) return std::vector<Sample>{};
  // Subjects are looked up for the few that are named; that they were created at the same time leads to their blocks.
  return samples_of(
      in, fmt::format("with late as (select f.* from core.fact_tickets_stored f where f.is_open and not f.is_deleted "
                      "and {}), named as (select l.priority, list(l.ticket_id || ' ' || coalesce(left(t.subject, 80), "
                      "'') order by l.breach_after, l.ticket_id) as examples from (from late qualify row_number() over "
                      "(partition by priority order by breach_after, ticket_id) <= {}) l join operational.tickets t "
                      "on t.key = l.ticket_key and t.created_at = l.created_at group by all), counted as (select "
                      "priority, count(*) as n from late group by all) select priority, n::double as value, "
                      "array_to_string(examples, '; ') as detail from counted join named using (priority) order by all",
                      which, kExamples));
}

Samples sla_risk(const MeasureInput& in) {
  return open_tickets(in, fmt::format("f.breach_after >= {} and f.breach_after <= {}", sql_timestamp(in.now),
                                      sql_timestamp({in.now.us + kMicrosPerHour})));
}

Samples sla_breached(const MeasureInput& in) {
  return open_tickets(in, fmt::format("f.breach_after < {}", sql_timestamp(in.now)));
}

// Of checks with the severities: what they found and have not seen put right; 1 at least if the latest run of one
// could not run it.
Samples checks(const MeasureInput& in, std::string_view severities, bool with_failed) {
  DH_ASSIGN(const auto results, in.connection.query(fmt::format(
                                    "select check_name, severity, status, coalesce(error, ''), severity in ({}) "
                                    "from meta.check_results where run_id > (select max(run_id) from meta.runs) "
                                    "- {} qualify row_number() over (partition by check_name order by run_id "
                                    "desc) = 1 order by all",
                                    severities, kRunsLookedAt)));
  std::set<std::string> counted;
  for (std::size_t i = 0; i < results.row_count(); ++i)
    if (results.integer(i, 4) != 0) counted.insert(results.display(i, 0));
  std::map<std::string, double> open;
  if (!counted.empty()) {
    DH_ASSIGN(const auto rows, in.connection.query(fmt::format(
                                   "select check_name, violations from meta.open_violations where check_name "
                                   "in ({})",
                                   text_list(counted))));
    for (std::size_t i = 0; i < rows.row_count(); ++i) open[rows.display(i, 0)] = rows.real(i, 1);
  }
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < results.row_count(); ++i) {
    const auto name = results.display(i, 0);
    const bool failed = results.text(i, 2) == "failed";
    if (failed && !with_failed) continue;
    if (!failed && !counted.contains(name)) continue;
    samples.push_back({.labels = {{"check", name}, {"severity", results.display(i, 1)}},
                       .value = failed ? std::max(open[name], 1.0) : open[name],
                       .detail = results.display(i, 3),
                       .threshold = {}});
  }
  return samples;
}

Samples failed_checks(const MeasureInput& in) {
  return checks(in, "'quarantine', 'fail'", true);
}

Samples check_violations(const MeasureInput& in) {
  return checks(in, "'warn', 'quarantine', 'fail'", false);
}

Samples quality_score(const MeasureInput& in) {
  return samples_of(in,
                    "select entity, score as value, format('run {}: {} records', run_id, records) as detail from "
                    "meta.quality where run_id = (select max(run_id) from meta.quality) order by all");
}

// `limit`: of a stage, or none; `value`: an expression over meta.stages.
template <class Limit>
Samples stages(const MeasureInput& in, std::string_view value, std::string_view which, Limit limit) {
  std::vector<Sample> all;
  for (const auto& stage : in.config.alerts.stages) {
    const std::optional<double> threshold = limit(stage);
    if (!threshold) continue;
    DH_ASSIGN(auto samples,
              samples_of(in, fmt::format("select stage, name, {} as value, format('run {{}}: {{}} rows in {{:.3f}} s', "
                                         "run_id, rows_in, seconds) as detail from (from meta.stages where stage = {} "
                                         "and run_id > (select max(run_id) from meta.runs) - {} qualify row_number() "
                                         "over (partition by name order by run_id desc) = 1) where {} order by all",
                                         value, sql_text(stage.stage), kRunsLookedAt, which)));
    for (auto& sample : samples) {
      sample.threshold = threshold;
      all.push_back(std::move(sample));
    }
  }
  return all;
}

Samples stage_seconds(const MeasureInput& in) {
  return stages(in, "seconds", "true", [](const config::StageLimit& s) {
    return s.seconds_max > 0 ? std::optional(static_cast<double>(s.seconds_max)) : std::nullopt;
  });
}

Samples stage_rate(const MeasureInput& in) {
  return stages(in, "rows_in / seconds", fmt::format("rows_in >= {} and seconds > 0", kJudgedRows),
                [](const config::StageLimit& s) {
                  return s.rows_per_second_min > 0 ? std::optional(s.rows_per_second_min) : std::nullopt;
                });
}

Samples stage_errors(const MeasureInput& in) {
  return stages(in, "errors::double", "true", [](const config::StageLimit& s) {
    return s.errors_max ? std::optional(static_cast<double>(*s.errors_max)) : std::nullopt;
  });
}

Samples channel_failures(const MeasureInput& in) {
  return samples_of(in,
                    "select channel, failures_in_row::double as value, coalesce(last_error, '') as detail from "
                    "meta.alert_channels order by all");
}

constexpr std::pair<std::string_view, Samples (*)(const MeasureInput&)> kMeasures[] = {
    {"missing_percent", missing_percent},   {"data_age_seconds", data_age},
    {"read_age_seconds", read_age},         {"error_percent", error_percent},
    {"failed_runs", failed_runs},           {"failed_batches", failed_batches},
    {"stream_lag_messages", stream_lag},    {"sla_risk_tickets", sla_risk},
    {"sla_breached_tickets", sla_breached}, {"failed_checks", failed_checks},
    {"quality_score", quality_score},       {"check_violations", check_violations},
    {"stage_seconds", stage_seconds},       {"stage_rows_per_second", stage_rate},
    {"stage_errors", stage_errors},         {"channel_failures", channel_failures},
};

// Rows of one SELECT of the project: the column `value`, `detail` if there is one, and labels.
Samples ask(const MeasureInput& in, std::string_view sql) {
  const warehouse::SelectLimits kLimits{.rows = 100, .time = std::chrono::milliseconds(10'000)};
  const auto end = sql.find_last_not_of("; \t\r\n");
  sql = sql.substr(0, end == std::string_view::npos ? 0 : end + 1);
  warehouse::SqlGuard guard;
  if (const auto verdict = guard.check(in.connection, sql, warehouse::SqlGuard::Author::project); !verdict)
    return std::unexpected(verdict.error());
  // On lines of its own: it may end in a comment.
  DH_ASSIGN(
      const auto selected,
      in.connection.select(fmt::format("select * replace (value::double as value) from (\n{}\n)", sql), {}, kLimits));
  const auto& rows = selected.rows;
  if (selected.truncated)
    return fail(Error::Kind::config,
                fmt::format("the SELECT gives more than {} rows; each would be an alert of its own", kLimits.rows));
  std::vector<Sample> samples(rows.row_count());
  for (std::size_t c = 0; c < rows.column_count(); ++c) {
    const auto name = rows.column_name(c);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (name == "value")
        samples[i].value = rows.is_null(i, c) ? std::nan("") : rows.real(i, c);
      else if (name == "detail")
        samples[i].detail = rows.display(i, c);
      else
        samples[i].labels.emplace_back(name, rows.display(i, c));
    }
  }
  std::erase_if(samples, [](const Sample& s) { return std::isnan(s.value); });
  return samples;
}

}  // namespace

bool is_measured(std::string_view metric) {
  return std::ranges::find(kMeasures, metric, [](const auto& m) { return m.first; }) != std::end(kMeasures);
}

Result<std::vector<Sample>> measure(const MeasureInput& input, const config::AlertRule& rule) {
  if (!rule.sql.empty()) return ask(input, rule.sql);
  const auto known = std::ranges::find(kMeasures, rule.metric, [](const auto& m) { return m.first; });
  DH_ASSERT(known != std::end(kMeasures), "deskhouse.toml was checked");
  return known->second(input);
}

}  // namespace deskhouse::alerts
