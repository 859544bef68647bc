#include <fmt/format.h>

#include "pipeline/run.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

std::string decimal_literal(Decimal value) {
  return fmt::format("{}::DECIMAL(18,4)", to_string(value));
}

// "(values (..), (..))" or an empty relation of the same shape.
std::string values(const std::vector<std::string>& rows, std::string_view empty_row) {
  if (rows.empty()) return fmt::format("(select {} where false)", empty_row);
  return fmt::format("(values {})", fmt::join(rows, ", "));
}

// (entity, field, percent that may be empty), of the fields that every record must have.
std::string required_fields(const config::QualityRules& rules) {
  std::vector<std::string> rows;
  for (const auto& entity : schema::entities())
    for (const auto& column : entity.columns) {
      if (!column.traits.required || column.name == "id") continue;
      const auto own = rules.missing_percent_of.find({std::string(entity.name), std::string(column.name)});
      rows.push_back(
          fmt::format("('{}', '{}', {})", entity.name, column.name,
                      decimal_literal(own == rules.missing_percent_of.end() ? rules.missing_percent : own->second)));
    }
  return values(rows, "'', '', 0::DECIMAL(18,4)");
}

// For checks.
void add_quality(const config::QualityRules& rules, std::map<std::string, std::string>& settings) {
  settings["required_fields"] = required_fields(rules);
  settings["min_sample"] = std::to_string(rules.min_sample);
  settings["max_age_seconds"] = rules.max_age_seconds ? std::to_string(*rules.max_age_seconds) : "null::bigint";
  settings["volume_percent"] = decimal_literal(rules.volume_percent);
  settings["volume_weeks"] = std::to_string(rules.volume_weeks);
  settings["this_run"] = "(select max(run_id) from meta.runs where status in ('running', 'succeeded'))";
  // The first one that checks look at: of those whose checks have waited, or this one.
  settings["since_run"] = fmt::format("least({}, (select unsettled_since from meta.state))", settings.at("this_run"));
}

}  // namespace

std::map<std::string, std::string> model_settings(const config::Config& config) {
  std::vector<std::string> initiatives, holidays, priorities;
  for (const auto& i : config.initiatives)
    initiatives.push_back(
        fmt::format("({}, {}, {})", warehouse::sql_text(i.name), decimal_literal(i.cost), decimal_literal(i.benefit)));
  for (const auto& h : config.holidays) holidays.push_back(fmt::format("({}, {}, {})", h.year, h.month, h.day));
  const char* names[] = {"Low", "Medium", "High", "Critical"};
  for (int rank = 0; rank < 4; ++rank) {
    const auto target = config.sla.default_target(rank);
    priorities.push_back(fmt::format("({}, '{}', {}::DOUBLE, {}::DOUBLE)", rank + 1, names[rank],
                                     static_cast<double>(target.response_us) / 60e6,
                                     static_cast<double>(target.resolution_us) / 3600e6));
  }
  std::map<std::string, std::string> settings = {
      {"overhead_per_month", decimal_literal(config.overhead_per_month)},
      {"breach_penalty", decimal_literal(config.breach_penalty)},
      {"heavy_tickets", std::to_string(config.segments.heavy_tickets)},
      {"at_risk_csat_below_percent", std::to_string(config.segments.at_risk_csat_below_percent)},
      {"dormant_quarters", std::to_string(config.segments.dormant_quarters)},
      {"initiatives", values(initiatives, "''::VARCHAR, 0::DECIMAL(18,4), 0::DECIMAL(18,4)")},
      {"holidays", values(holidays, "0, 0, 0")},
      {"priorities", values(priorities, "0, '', 0::DOUBLE, 0::DOUBLE")},
  };
  add_quality(config.quality, settings);
  return settings;
}

}  // namespace deskhouse::pipeline
