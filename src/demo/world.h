// Everything that tickets are computed from: made once from the options, then only read, by any thread.
#pragma once

#include <cstdint>

#include "demo/arrivals.h"
#include "demo/flaws.h"
#include "demo/generator.h"
#include "demo/staff.h"

namespace deskhouse::demo {

inline constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86'400;  // in seconds

struct World {
  // `added`: tickets that a delta creates in the day after the end; their indices follow those of the base.
  explicit World(const Options& options, std::int64_t added_tickets = 0);

  std::uint64_t seed;
  std::int64_t tickets, added;
  std::int64_t start_s, end_s, next_s;  // seconds since 1970; next_s: end of the day of the delta
  std::int64_t agents, requesters, assets, problems, changes;
  Arrivals arrivals, next_arrivals;
  Staff staff;
  FlawPlan flaws;
  bool has_flaws;

  // Problems, created evenly over the tickets; ticket index / tickets * problems is the nearest one.
  std::int64_t problem_created_s(std::int64_t problem) const;
  int problem_category(std::int64_t problem) const;
  std::int64_t storm_problem(int storm) const;
  // The device of a requester; the last tenth of the assets are servers and the like, which nobody owns.
  std::int64_t personal_assets() const { return assets - assets / 10; }
  std::int64_t asset_of(std::int64_t requester) const { return requester * personal_assets() / requesters; }
  std::int64_t owner_of(std::int64_t asset) const {
    return (asset * requesters + personal_assets() - 1) / personal_assets();
  }
};

}  // namespace deskhouse::demo
