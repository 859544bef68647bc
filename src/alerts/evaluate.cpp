#include "alerts/evaluate.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace deskhouse::alerts {

namespace {

bool is_looked_at(const config::AlertRule& rule, const Sample& sample) {
  return std::ranges::all_of(rule.labels, [&](const auto& wanted) {
    const auto label = std::ranges::find(sample.labels, wanted.first, &std::pair<std::string, std::string>::first);
    return label != sample.labels.end() && fnmatch(wanted.second.c_str(), label->second.c_str(), 0) == 0;
  });
}

bool has_passed(Timestamp since, std::int64_t seconds, Timestamp now) {
  return now.us - since.us >= seconds * kMicrosPerSecond;
}

class Step {
 public:
  Step(const config::AlertRule& rule, Timestamp now) : rule_(rule), now_(now) {}

  void alarm(const Alert* before, const Sample& sample, double threshold) {
    Alert alert = before != nullptr ? *before : Alert{.rule = rule_.name, .labels = sample.labels, .since = now_};
    alert.severity = rule_.severity;
    alert.well_since = {};
    const bool fires = alert.state == State::pending && has_passed(alert.since, rule_.for_seconds, now_);
    const bool repeats =
        alert.state == State::firing && alert.told_at && has_passed(*alert.told_at, rule_.cool_down_seconds, now_);
    if (before == nullptr || fires || repeats) {  // else the value of the last news stays
      alert.value = sample.value;
      alert.threshold = threshold;
      alert.detail = sample.detail;
    }
    if (fires) {
      alert.state = State::firing;
      alert.fired_at = alert.told_at = now_;
      alert.told = 1;
      say(News::fired, alert);
    } else if (repeats) {
      alert.told_at = now_;
      ++alert.told;
      say(News::repeated, alert);
    } else if (before == nullptr) {
      say(News::pending, alert);
    }
    out_.alerts.push_back(std::move(alert));
  }

  void well(const Alert& before, const Sample* sample) {
    Alert alert = before;
    if (alert.state == State::pending) return say(News::withdrawn, alert);
    if (!alert.well_since) alert.well_since = now_;
    if (!has_passed(*alert.well_since, rule_.calm_seconds, now_)) return out_.alerts.push_back(std::move(alert));
    if (sample != nullptr) alert.value = sample->value;
    say(News::resolved, alert);
  }

  Evaluation take() { return std::move(out_); }

 private:
  void say(News news, const Alert& alert) { out_.events.push_back({news, alert, rule_.summary, rule_.comparison}); }

  const config::AlertRule& rule_;
  const Timestamp now_;
  Evaluation out_;
};

}  // namespace

std::string to_json(const Labels& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json_text(name), json_text(value));
  return out + "}";
}

Labels labels_from_json(std::string_view json) {
  Labels labels;
  const auto parsed = nlohmann::ordered_json::parse(json, nullptr, false);
  if (!parsed.is_object()) return labels;
  for (const auto& [name, value] : parsed.items())
    if (value.is_string()) labels.emplace_back(name, value.get<std::string>());
  return labels;
}

std::string to_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, value);
  return out;
}

std::string_view to_string(News news) {
  constexpr std::string_view kNames[] = {"pending", "fired", "repeated", "resolved", "withdrawn"};
  return kNames[static_cast<std::size_t>(news)];
}

bool holds(double value, config::Comparison comparison, double threshold) {
  switch (comparison) {
    case config::Comparison::above:
      return value > threshold;
    case config::Comparison::at_least:
      return value >= threshold;
    case config::Comparison::below:
      return value < threshold;
    case config::Comparison::at_most:
      return value <= threshold;
    case config::Comparison::equal:
      return value == threshold;
    case config::Comparison::unequal:
      return value < threshold || value > threshold;
  }
  std::unreachable();
}

Evaluation evaluate(const config::AlertRule& rule, std::span<const Alert> before, std::span<const Sample> samples,
                    Timestamp now) {
  Step step(rule, now);
  std::vector<const Sample*> seen;
  const auto find = [&](const Labels& labels) {
    const auto it = std::ranges::find_if(seen, [&](const Sample* s) { return s->labels == labels; });
    return it == seen.end() ? nullptr : *it;
  };
  for (const auto& sample : samples)
    if (is_looked_at(rule, sample) && find(sample.labels) == nullptr) seen.push_back(&sample);
  const auto is_alarm = [&](const Sample& s) {
    return holds(s.value, rule.comparison, s.threshold.value_or(rule.threshold));
  };
  for (const auto* sample : seen) {
    if (!is_alarm(*sample)) continue;
    const auto known = std::ranges::find(before, sample->labels, &Alert::labels);
    step.alarm(known == before.end() ? nullptr : &*known, *sample, sample->threshold.value_or(rule.threshold));
  }
  for (const auto& alert : before) {
    const auto* sample = find(alert.labels);
    if (sample == nullptr || !is_alarm(*sample)) step.well(alert, sample);
  }
  return step.take();
}

Evaluation withdraw(std::span<const Alert> before, Timestamp now) {
  if (before.empty()) return {};
  return evaluate({.name = before.front().rule,
                   .metric = {},
                   .sql = {},
                   .channels = {},
                   .labels = {},
                   .summary = "The rule is not in deskhouse.toml any more."},
                  before, {}, now);
}

std::vector<std::string> channels_of(const config::AlertRule& rule, const config::AlertConfig& config) {
  std::vector<std::string> names;
  for (const auto& name : rule.channels)
    if (const auto* channel = config.find(name); channel != nullptr && channel->least <= rule.severity)
      names.push_back(name);
  return names;
}

}  // namespace deskhouse::alerts
