#include "demo/world.h"

#include <algorithm>

namespace deskhouse::demo {
namespace {

std::int64_t seconds_of(Timestamp t) {
  return t.us / kMicrosPerSecond;
}

// The same day and hour, `years` earlier; 29 February becomes the 28th.
std::int64_t years_before(std::int64_t at_s, std::int64_t years) {
  CivilDate civil = to_civil(Date{static_cast<std::int32_t>(at_s / kDay)});
  civil.year -= static_cast<int>(years);
  if (!is_valid(civil)) civil.day = 28;
  return from_civil(civil).days * kDay + at_s % kDay;
}

constexpr std::int64_t kAssetsMost = 100'000;

}  // namespace

World::World(const Options& options, std::int64_t added_tickets)
    : seed(options.seed),
      tickets(options.tickets),
      added(added_tickets),
      start_s(years_before(seconds_of(options.end), options.years)),
      end_s(seconds_of(options.end)),
      next_s(end_s + kDay),
      agents(std::max<std::int64_t>(8, tickets / 2000)),
      requesters(std::max<std::int64_t>(50, tickets / 20)),
      assets(std::clamp<std::int64_t>(tickets / 25, 20, kAssetsMost)),
      problems(std::max<std::int64_t>(5, tickets / 200)),
      changes(std::max<std::int64_t>(10, tickets / 100)),
      arrivals(seed, start_s, end_s, true),
      next_arrivals(seed, end_s, next_s, false),
      staff(seed, agents, requesters, start_s, end_s),
      flaws(seed, tickets, options.flaws),
      has_flaws(options.flaws) {}

std::int64_t World::problem_created_s(std::int64_t problem) const {
  return arrivals.at((static_cast<double>(problem) + 0.5) / static_cast<double>(problems));
}

int World::problem_category(std::int64_t problem) const {
  // Never the last two: facilities and payroll have no incident storms.
  return category_of(Draw(seed, Stream::problem, problem).uniform() * 0.86);
}

std::int64_t World::storm_problem(int storm) const {
  const double quantile = arrivals.quantile_of(arrivals.storms()[static_cast<std::size_t>(storm)].from_s);
  return std::min(static_cast<std::int64_t>(quantile * static_cast<double>(problems)), problems - 1);
}

}  // namespace deskhouse::demo
