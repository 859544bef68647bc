#include <fmt/format.h>

#include "pipeline/run.h"

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
  return {
      {"overhead_per_month", decimal_literal(config.overhead_per_month)},
      {"breach_penalty", decimal_literal(config.breach_penalty)},
      {"heavy_tickets", std::to_string(config.segments.heavy_tickets)},
      {"at_risk_csat_below_percent", std::to_string(config.segments.at_risk_csat_below_percent)},
      {"dormant_quarters", std::to_string(config.segments.dormant_quarters)},
      {"initiatives", values(initiatives, "''::VARCHAR, 0::DECIMAL(18,4), 0::DECIMAL(18,4)")},
      {"holidays", values(holidays, "0, 0, 0")},
      {"priorities", values(priorities, "0, '', 0::DOUBLE, 0::DOUBLE")},
  };
}

}  // namespace deskhouse::pipeline
