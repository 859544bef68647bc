// What becomes of alerts when their measures are looked at: pure, time comes in.
//
//   well -> pending -> firing -> resolved (which is well again)
//
// An alarm that goes on for `for` fires, once; as long as it goes on it is said again after each cool-down; when it was
// well for `resolve_after` it is resolved, and that is said too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/values.h"
#include "config/alerts.h"

namespace deskhouse::alerts {

// What a value is of: {{"source", "desk"}, {"entity", "tickets"}}. Names are ours, values may be anything.
using Labels = std::vector<std::pair<std::string, std::string>>;
std::string to_json(const Labels& labels);
Labels labels_from_json(std::string_view json);  // none if it is not what to_json() gives
std::string to_text(const Labels& labels);       // "source=desk, entity=tickets", for people

struct Sample {
  Labels labels;
  double value = 0;
  std::string detail;               // for people: examples, an error; may hold text of tickets
  std::optional<double> threshold;  // instead of the rule's
};

enum class State { pending, firing };

// One thing that a rule looks at and that is not well. What is well is not kept.
struct Alert {
  std::string rule;
  Labels labels;
  State state = State::pending;
  config::Severity severity = config::Severity::warning;
  Timestamp since{};  // when the alarm began
  std::optional<Timestamp> fired_at, told_at, well_since;
  std::int64_t told = 0;  // how often it was said since it fired
  double value = 0, threshold = 0;
  std::string detail;
  std::vector<std::string> channels;  // that were told that it fires
  bool operator==(const Alert&) const = default;
};

enum class News { pending, fired, repeated, resolved, withdrawn };
std::string_view to_string(News news);

// Something to say, or (pending, withdrawn) only to note.
struct Event {
  News news;
  Alert alert;  // as it is after it
  std::string summary;
  config::Comparison comparison = config::Comparison::above;
};

struct Evaluation {
  std::vector<Alert> alerts;  // of this rule, from now on
  std::vector<Event> events;
};

bool holds(double value, config::Comparison comparison, double threshold);  // false for NaN

// `before`: of this rule. A thing without a sample is well. Samples that the rule's labels do not match are left out;
// of two with the same labels the first counts.
Evaluation evaluate(const config::AlertRule& rule, std::span<const Alert> before, std::span<const Sample> samples,
                    Timestamp now);

// The rule is no more: what fires is resolved.
Evaluation withdraw(std::span<const Alert> before, Timestamp now);

// The channels of `rule` that take its severity.
std::vector<std::string> channels_of(const config::AlertRule& rule, const config::AlertConfig& config);

}  // namespace deskhouse::alerts
