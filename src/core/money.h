// Money, in whole ten-thousandths: what assets are worth over time, and what work costs. No floating point. Pure;
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/values.h"

namespace deskhouse::core {

// Book value after `months` whole months (month of purchase = 0; a negative number is taken as 0), exact to
// four decimals. nullopt when cost, life or method is missing or unknown, or the life is not from 1 to
// 1,200,000 months. A missing salvage is 0; a salvage that is not below cost leaves nothing to depreciate:
// the value stays cost. With n = life_months, m = months, D = cost - salvage, and round() to four decimals,
// half up (towards +infinity):
//   straight_line      round(cost - D * m / n)
//   sum_of_years       by month: round(salvage + D * (n-m) * (n-m+1) / (n * (n+1)))
//   declining_balance  double rate: v[0] = cost, v[k] = max(salvage, round(v[k-1] * (n-2) / n)), of which
//   v[m]
// and with each of them salvage from m = n on: at the end of its life an asset is written off.
std::optional<Decimal> book_value(std::optional<std::string_view> method, std::optional<Decimal> cost,
                                  std::optional<Decimal> salvage, std::optional<std::int64_t> life_months,
                                  std::int64_t months);

// What so many minutes cost at a rate per hour: minutes * rate / 60, to four decimals, half up (towards +infinity), of
// corrections below 0 too. Nothing where DECIMAL(18,4) can't hold it.
std::optional<Decimal> labour_cost(Decimal minutes, Decimal hourly_rate);

}  // namespace deskhouse::core
