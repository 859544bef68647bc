#include "demo/flaws.h"

#include <gtest/gtest.h>

#include <map>

namespace deskhouse::demo {
namespace {

TEST(FlawPlan, GivesExactlyAsManyAsPlanned) {
  for (const std::int64_t tickets : {1, 10, 999, 20'000, 131'072, 300'007}) {
    for (const std::uint64_t seed : {1u, 2u, 99u}) {
      const FlawPlan plan(seed, tickets, true);
      std::map<Flaw, std::int64_t> found;
      for (std::int64_t i = 0; i < tickets; ++i) ++found[plan.of(i)];
      for (const auto& share : kFlawShares) {
        EXPECT_EQ(found[share.flaw], plan.planted(share.flaw)) << share.name << " of " << tickets;
        const std::int64_t wanted = (share.per_100k * tickets + 50'000) / 100'000;
        EXPECT_EQ(plan.planted(share.flaw), share.most > 0 ? std::min(share.most, wanted) : wanted);
      }
    }
  }
}

TEST(FlawPlan, SpreadsOverTheWholeTime) {
  const FlawPlan plan(3, 100'000, true);
  for (std::int64_t part = 0; part < 10; ++part) {
    int found = 0;
    for (std::int64_t i = part * 10'000; i < (part + 1) * 10'000; ++i) found += plan.of(i) == Flaw::null_priority;
    EXPECT_NEAR(found, 200, 20);
  }
}

TEST(FlawPlan, LeavesAddedTicketsAndCleanDemosAlone) {
  const FlawPlan plan(3, 1'000, true), off(3, 1'000, false);
  for (std::int64_t i = 0; i < 1'000; ++i) EXPECT_EQ(off.of(i), Flaw::none);
  for (std::int64_t i = 1'000; i < 2'000; ++i) EXPECT_EQ(plan.of(i), Flaw::none);
}

}  // namespace
}  // namespace deskhouse::demo
