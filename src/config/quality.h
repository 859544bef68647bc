// [quality]: what the built-in checks take for good, and checks that deskhouse.toml describes (docs/checks.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/values.h"

namespace deskhouse::config {

// Values of one column that are far from what is usual in their group.
struct OutlierRule {
  enum class Method { sigma, mad };
  std::string entity, column;         // a number of the entity; of tickets also a measure of core.fact_tickets
  std::vector<std::string> group_by;  // columns; empty: all records are one group
  Method method = Method::sigma;
  Decimal threshold = {30'000};  // so many sigmas, or scaled median deviations, are still usual
  std::int64_t min_sample = 30;  // groups with fewer values are not judged
  bool is_measure = false;       // of core.fact_tickets, not of the entity
  int line = 0;                  // in deskhouse.toml
};

using EntityField = std::pair<std::string, std::string>;

struct QualityRules {
  Decimal missing_percent = {50'000};                       // of a required field, at most: 5
  std::map<EntityField, Decimal> missing_percent_of;        // the same for one field
  std::int64_t min_sample = 100;                            // fewer records than that are not judged by shares
  std::optional<std::int64_t> max_age_seconds = 1'800;      // of a source's newest record; none: whatever its age
  Decimal volume_percent = {500'000};                       // that a day may differ from the same weekdays: 50
  std::int64_t volume_weeks = 8;                            // so many of them
  std::map<std::string, std::string> severity;              // of a check, instead of its own
  std::map<EntityField, std::vector<std::string>> allowed;  // values of a field
  std::vector<OutlierRule> outliers;
};

}  // namespace deskhouse::config
