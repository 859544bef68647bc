#include "core/money.h"

#include <algorithm>

namespace deskhouse::core {
namespace {

// Money times months squared does not fit 64 bits; it fits these with room to spare (kMaxLifeMonths).
__extension__ using Wide = __int128;

constexpr std::int64_t kMaxLifeMonths = 1'200'000;

// numerator / denominator, half up (towards +infinity). REQUIRES denominator > 0.
template <class Integer>
Integer divide_half_up_as(Integer numerator, Integer denominator) {
  Integer quotient = numerator / denominator;
  Integer rest = numerator % denominator;
  if (rest < 0) {
    rest += denominator;
    --quotient;
  }
  return quotient + (rest >= denominator - rest ? 1 : 0);
}
Wide divide_half_up(Wide numerator, Wide denominator) {
  // Nearly all fit into 64 bits, which divide several times as fast.
  const auto small = static_cast<std::int64_t>(numerator), by = static_cast<std::int64_t>(denominator);
  return small == numerator && by == denominator ? divide_half_up_as(small, by)
                                                 : divide_half_up_as(numerator, denominator);
}

Decimal money(Wide units) {
  return Decimal{static_cast<std::int64_t>(units)};
}

std::int64_t declining_balance(std::int64_t cost, std::int64_t salvage, std::int64_t life, std::int64_t months) {
  std::int64_t value = cost;
  for (std::int64_t month = 0; month < months && value > salvage; ++month)
    value = std::max(salvage, static_cast<std::int64_t>(divide_half_up(Wide{value} * (life - 2), life)));
  return value;
}

}  // namespace

std::optional<Decimal> book_value(std::optional<std::string_view> method, std::optional<Decimal> cost,
                                  std::optional<Decimal> salvage, std::optional<std::int64_t> life_months,
                                  std::int64_t months) {
  if (!method || !cost || !life_months || *life_months < 1 || *life_months > kMaxLifeMonths) return std::nullopt;
  const bool is_straight = *method == "straight_line", is_sum = *method == "sum_of_years";
  if (!is_straight && !is_sum && *method != "declining_balance") return std::nullopt;

  const std::int64_t first = cost->units, last = salvage.value_or(Decimal{0}).units, life = *life_months;
  if (last >= first || months <= 0) return Decimal{first};
  if (months >= life) return Decimal{last};
  const Wide depreciable = Wide{first} - last;
  const Wide left = life - months;
  if (is_straight) return money(divide_half_up(Wide{first} * life - depreciable * months, life));
  if (is_sum) {
    const Wide all = Wide{life} * (life + 1);
    return money(divide_half_up(Wide{last} * all + depreciable * left * (left + 1), all));
  }
  return Decimal{declining_balance(first, last, life, months)};
}

std::optional<Decimal> labour_cost(Decimal minutes, Decimal hourly_rate) {
  constexpr std::int64_t kMost = 999'999'999'999'999'999;
  const auto units = divide_half_up(Wide{minutes.units} * hourly_rate.units, 60 * Decimal::kOne);
  return units > kMost || units < -kMost ? std::nullopt : std::optional(money(units));
}

}  // namespace deskhouse::core
