// What is known of alerts without deskhouse.toml.
#pragma once

#include <span>
#include <string_view>

#include "config/alerts.h"

namespace deskhouse::config {

// A metric that rules may name. This is the one list: alerts/measures.cpp computes each, docs/alerts.md explains each.
struct AlertMetric {
  std::string_view name, unit, doc;
};
std::span<const AlertMetric> alert_metrics();

struct BuiltInRule {
  std::string_view name, metric;
  Comparison comparison;
  double threshold;
  std::int64_t for_seconds;
  Severity severity;
  std::string_view summary;
};
std::span<const BuiltInRule> built_in_rules();

}  // namespace deskhouse::config
