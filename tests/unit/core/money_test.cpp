#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/money.h"

namespace deskhouse::core {
namespace {

std::string value(std::string_view method, double cost, double salvage, std::int64_t life, std::int64_t months) {
  const auto exact = [](double n) { return Decimal{static_cast<std::int64_t>(n * 10'000)}; };
  const auto book = book_value(method, exact(cost), exact(salvage), life, months);
  return book ? to_string(*book) : "NULL";
}

TEST(BookValue, StraightLine) {
  EXPECT_EQ(value("straight_line", 1200, 0, 12, 0), "1200");
  EXPECT_EQ(value("straight_line", 1200, 0, 12, 1), "1100");
  EXPECT_EQ(value("straight_line", 1200, 0, 12, 12), "0");
  EXPECT_EQ(value("straight_line", 1000, 100, 36, 1), "975");
  EXPECT_EQ(value("straight_line", 1000, 100, 7, 1), "871.4286");  // 871.428571...
  EXPECT_EQ(value("straight_line", 100, 0, 3, 1), "66.6667");
  EXPECT_EQ(value("straight_line", 0.0001, 0, 2, 1), "0.0001");  // half a unit rounds up
}

TEST(BookValue, SumOfYearsByMonth) {
  // 3 + 2 + 1 = 6 sixths.
  EXPECT_EQ(value("sum_of_years", 700, 100, 3, 0), "700");
  EXPECT_EQ(value("sum_of_years", 700, 100, 3, 1), "400");
  EXPECT_EQ(value("sum_of_years", 700, 100, 3, 2), "200");
  EXPECT_EQ(value("sum_of_years", 700, 100, 3, 3), "100");
}

TEST(BookValue, DecliningBalanceRoundsEachMonth) {
  EXPECT_EQ(value("declining_balance", 1000, 0, 10, 1), "800");
  EXPECT_EQ(value("declining_balance", 1000, 0, 10, 2), "640");
  EXPECT_EQ(value("declining_balance", 1000, 700, 10, 2), "700");  // never below salvage
  EXPECT_EQ(value("declining_balance", 1000, 0, 7, 1), "714.2857");
  EXPECT_EQ(value("declining_balance", 1000, 0, 7, 2), "510.2041");
  EXPECT_EQ(value("declining_balance", 1000, 0, 7, 3), "364.4315");  // of 510.2041, not of 510.20408...
  EXPECT_EQ(value("declining_balance", 1000, 0, 10, 9),
            "134.2178");                                        // of 167.7722, where 0.8^9 is 134.217728
  EXPECT_EQ(value("declining_balance", 1000, 0, 10, 10), "0");  // written off at the end of its life
  EXPECT_EQ(value("declining_balance", 1000, 50, 1, 1), "50");
  EXPECT_EQ(value("declining_balance", 1000, 50, 2, 1), "50");
}

TEST(BookValue, IsUnknownWhereAnythingItNeedsIs) {
  const Decimal cost{10'000'000};
  EXPECT_FALSE(book_value(std::nullopt, cost, Decimal{}, 12, 1));
  EXPECT_FALSE(book_value("straight_line", std::nullopt, Decimal{}, 12, 1));
  EXPECT_FALSE(book_value("straight_line", cost, Decimal{}, std::nullopt, 1));
  EXPECT_FALSE(book_value("straight_line", cost, Decimal{}, 0, 1));
  EXPECT_FALSE(book_value("straight_line", cost, Decimal{}, -5, 1));
  EXPECT_FALSE(book_value("straight_line", cost, Decimal{}, 1'200'001, 1));
  EXPECT_FALSE(book_value("Straight Line", cost, Decimal{}, 12, 1));
  EXPECT_EQ(book_value("straight_line", cost, std::nullopt, 12, 6), Decimal{5'000'000});
}

TEST(BookValue, SalvageNotBelowCostLeavesNothingToDepreciate) {
  for (const auto* method : {"straight_line", "sum_of_years", "declining_balance"}) {
    EXPECT_EQ(value(method, 100, 150, 12, 6), "100");
    EXPECT_EQ(value(method, 100, 150, 12, 24), "100");
    EXPECT_EQ(value(method, 100, 0, 12, -3), "100");
  }
}

TEST(BookValue, DoesNotOverflow) {
  const Decimal most{INT64_MAX};
  EXPECT_EQ(book_value("straight_line", most, Decimal{0}, 1'200'000, 600'000), Decimal{INT64_MAX / 2 + 1});
  const auto by_sum = book_value("sum_of_years", most, Decimal{-INT64_MAX}, 1'200'000, 1);
  ASSERT_TRUE(by_sum);
  EXPECT_LT(*by_sum, most);
  EXPECT_LT(*book_value("declining_balance", most, Decimal{0}, 1'200'000, 1), most);
}

TEST(BookValueProperty, FallsFromCostToSalvage) {
  EXPECT_TRUE(rc::check("never rises, cost at 0, salvage from the end of life", [] {
    const std::string method = *rc::gen::element("straight_line", "sum_of_years", "declining_balance");
    const Decimal cost{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)};
    const Decimal salvage{*rc::gen::inRange<std::int64_t>(0, cost.units + 1)};
    const auto life = *rc::gen::inRange<std::int64_t>(1, 121);
    Decimal before = cost;
    std::int64_t depreciated = 0;
    for (std::int64_t month = 0; month <= life + 2; ++month) {
      const auto now = book_value(method, cost, salvage, life, month);
      RC_ASSERT(now.has_value());
      RC_ASSERT(*now <= before && *now >= salvage);
      depreciated += before.units - now->units;
      if (month == 0) RC_ASSERT(*now == cost);
      before = *now;
    }
    RC_ASSERT(before == salvage);
    RC_ASSERT(depreciated == cost.units - salvage.units);
  }));
}

TEST(BookValueProperty, StraightLineIsTheNearestToTheExactValue) {
  EXPECT_TRUE(rc::check("|value - exact| <= half a unit", [] {
    const auto cost = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
    const auto life = *rc::gen::inRange<std::int64_t>(1, 600);
    const auto months = *rc::gen::inRange<std::int64_t>(0, life + 1);
    const auto book = book_value("straight_line", Decimal{cost}, Decimal{0}, life, months);
    const auto twice_error = 2 * (book->units * life - cost * (life - months));
    RC_ASSERT(-life < twice_error && twice_error <= life);
  }));
}

TEST(LabourCost, HalfUp) {
  const auto cost = [](std::int64_t minutes, std::int64_t rate) {
    return labour_cost(Decimal{minutes}, Decimal{rate});
  };
  EXPECT_EQ(cost(90'0000, 40'0000), Decimal{60'0000});
  EXPECT_EQ(cost(10'0000, 1), Decimal{0});
  EXPECT_EQ(cost(30'0000, 1), Decimal{1});  // half of 0.0001
  EXPECT_EQ(cost(-30'0000, 1), Decimal{0});
  EXPECT_EQ(cost(-31'0000, 1), Decimal{-1});
  EXPECT_EQ(cost(900'000'000'000'000'000, 1'000'0000), std::nullopt);
  EXPECT_EQ(cost(1'000'000'000'000'000, 600), Decimal{1'000'000'000'000});
}

}  // namespace
}  // namespace deskhouse::core
