#include "config/read_alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/nearest.h"
#include "config/alert_rules.h"
#include "config/read_channels.h"
#include "config/scalars.h"

namespace deskhouse::config {

namespace {

constexpr std::pair<std::string_view, Comparison> kComparisons[] = {
    {">", Comparison::above},    {">=", Comparison::at_least}, {"<", Comparison::below},
    {"<=", Comparison::at_most}, {"=", Comparison::equal},     {"!=", Comparison::unequal}};

// What a rule takes from [alerting] where it does not say it itself.
struct Defaults {
  std::vector<std::string> channels;
  std::int64_t cool_down_seconds = AlertRule{}.cool_down_seconds;
};

// A number, or a duration in seconds.
std::optional<double> read_threshold(std::string_view text) {
  if (const auto seconds = parse_duration_seconds(text)) return static_cast<double>(*seconds);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void read_measure(const Section& section, AlertRule& rule) {
  rule.metric = section.text("metric", rule.metric);
  rule.sql = section.text("sql", "");
  if (rule.built_in && section.has("sql")) {
    section.problem("sql", fmt::format("{} is a rule of Deskhouse's own; give yours another name", rule.name));
  } else if (rule.metric.empty() == rule.sql.empty()) {
    section.problem(rule.sql.empty() ? "metric" : "sql", "a rule has either metric or sql");
  } else if (rule.sql.empty()) {
    std::vector<std::string> known;
    for (const auto& metric : alert_metrics()) known.emplace_back(metric.name);
    if (std::ranges::find(known, rule.metric) == known.end())
      section.problem("metric", fmt::format("'{}' is no metric that rules know{}; docs/alerts.md lists them, and sql "
                                            "asks for any other number",
                                            rule.metric, did_you_mean(rule.metric, known)));
  }
}

void read_judgement(const Section& section, AlertRule& rule) {
  if (const auto comparison = section.scalar("comparison")) {
    const auto* known = std::ranges::find(kComparisons, *comparison, &std::pair<std::string_view, Comparison>::first);
    if (known == std::end(kComparisons))
      section.problem("comparison", fmt::format("'{}' is none of > >= < <= = !=", *comparison));
    else
      rule.comparison = known->second;
  }
  if (const auto text = section.scalar("threshold")) {
    if (const auto threshold = read_threshold(*text))
      rule.threshold = *threshold;
    else
      section.problem("threshold", fmt::format("'{}' is neither a number nor a duration such as \"30m\"", *text));
  } else if (!rule.built_in) {
    section.problem("threshold", "required: from what on is it an alarm?");
  }
}

AlertRule read_rule(const Section& section, AlertRule rule, const Defaults& defaults) {
  rule.line = section.line();
  read_measure(section, rule);
  read_judgement(section, rule);
  rule.for_seconds = section.duration_seconds("for").value_or(rule.for_seconds);
  rule.calm_seconds = section.duration_seconds("resolve_after").value_or(rule.calm_seconds);
  rule.cool_down_seconds = section.duration_seconds("cool_down").value_or(defaults.cool_down_seconds);
  rule.severity = read_severity(section, "severity", rule.severity);
  rule.channels = section.has("channels") ? section.texts("channels") : defaults.channels;
  rule.summary = section.text("summary", rule.summary);
  const auto labels = section.table("labels");
  for (const auto& name : labels.names()) rule.labels.emplace_back(name, labels.text(name, ""));
  return rule;
}

std::vector<AlertRule> read_rules(const Section& section, const Defaults& defaults) {
  std::map<std::string, AlertRule> rules;
  for (const auto& r : built_in_rules()) {
    AlertRule rule{.name = std::string(r.name),
                   .metric = std::string(r.metric),
                   .sql = {},
                   .comparison = r.comparison,
                   .threshold = r.threshold,
                   .for_seconds = r.for_seconds,
                   .severity = r.severity,
                   .channels = {},
                   .labels = {},
                   .summary = std::string(r.summary),
                   .built_in = true};
    const auto own = section.table(r.name);
    rule = read_rule(own, std::move(rule), defaults);
    if (own.boolean("enabled", true)) rules.emplace(r.name, std::move(rule));
  }
  for (const auto& name : section.names()) {
    if (std::ranges::find(built_in_rules(), name, &BuiltInRule::name) != built_in_rules().end()) continue;
    const auto own = section.table(name);
    auto rule =
        read_rule(own, {.name = name, .metric = {}, .sql = {}, .channels = {}, .labels = {}, .summary = {}}, defaults);
    if (own.boolean("enabled", true)) rules.emplace(name, std::move(rule));
  }
  std::vector<AlertRule> all;
  for (auto& [name, rule] : rules) all.push_back(std::move(rule));
  return all;
}

std::vector<StageLimit> read_stages(const Section& section) {
  constexpr std::int64_t kMost = 1'000'000'000;
  std::vector<StageLimit> limits;
  for (const auto& name : section.names()) {
    const auto own = section.table(name);
    StageLimit limit{.stage = name, .errors_max = {}};
    limit.seconds_max = own.duration_seconds("time_max").value_or(0);
    limit.rows_per_second_min = static_cast<double>(own.integer("rows_per_second_min", 0, 0, kMost));
    if (own.has("errors_max")) limit.errors_max = own.integer("errors_max", 0, 0, kMost);
    limits.push_back(limit);
  }
  return limits;
}

void check_channels(const Section& section, std::string_view key, const std::vector<std::string>& names,
                    const AlertConfig& alerts) {
  std::vector<std::string> known;
  for (const auto& channel : alerts.channels) known.push_back(channel.name);
  for (const auto& name : names)
    if (alerts.find(name) == nullptr)
      section.problem(key, fmt::format("there is no channel '{}'{}; describe it in [channels.{}]", name,
                                       did_you_mean(name, known), name));
}

}  // namespace

Severity read_severity(const Section& section, std::string_view key, Severity fallback) {
  const auto text = section.scalar(key);
  if (!text) return fallback;
  for (const auto severity : {Severity::info, Severity::warning, Severity::critical})
    if (*text == to_string(severity)) return severity;
  section.problem(key, fmt::format("'{}' is none of info, warning, critical", *text));
  return fallback;
}

std::string_view to_string(Severity severity) {
  return severity == Severity::info ? "info" : severity == Severity::warning ? "warning" : "critical";
}

std::string_view to_string(Comparison comparison) {
  for (const auto& [text, known] : kComparisons)
    if (known == comparison) return text;
  std::unreachable();
}

const Channel* AlertConfig::find(std::string_view channel) const {
  const auto it = std::ranges::find(channels, channel, &Channel::name);
  return it == channels.end() ? nullptr : &*it;
}

AlertConfig read_alerts(const Section& root, const std::filesystem::path& project) {
  AlertConfig alerts;
  alerts.channels = read_channels(root.table("channels"), project);
  const auto alerting = root.table("alerting");
  alerts.enabled = alerting.boolean("enabled", true);
  alerts.every_seconds = alerting.duration_seconds("every").value_or(alerts.every_seconds);
  Defaults defaults;
  defaults.cool_down_seconds = alerting.duration_seconds("cool_down").value_or(defaults.cool_down_seconds);
  if (alerting.has("channels")) {
    defaults.channels = alerting.texts("channels");
    check_channels(alerting, "channels", defaults.channels, alerts);
  } else {
    for (const auto& channel : alerts.channels) defaults.channels.push_back(channel.name);
  }
  const auto rules = root.table("alerts");
  alerts.rules = read_rules(rules, defaults);
  for (const auto& name : rules.names())
    check_channels(rules.table(name), "channels", rules.table(name).texts("channels"), alerts);
  alerts.stages = read_stages(root.table("monitoring").table("stages"));
  return alerts;
}

}  // namespace deskhouse::config
