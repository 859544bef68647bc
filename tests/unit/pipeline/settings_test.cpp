// The values that models read with {{setting name}}: SQL that can stand where docs/models.md says.
#include "desk.h"

namespace deskhouse::pipeline {
namespace {

TEST(Settings, AreThoseOfTheProject) {
  Desk desk(R"([reporting]
holidays = ["2024-05-05", "--12-25"]
[segments]
heavy_tickets = 7
[finance]
overhead_per_month = 1200.5
breach_penalty = 25
[[finance.initiatives]]
name = "Ann's portal"
cost = 100
benefit = 150.25
[sla.targets]
High = { resolution = "6h", response = "30m" }
)");
  const auto settings = model_settings(desk.config());
  EXPECT_EQ(settings.at("heavy_tickets"), "7");
  EXPECT_EQ(desk.rows("select typeof(x), x from (select " + settings.at("overhead_per_month") + " as x)"),
            "DECIMAL(18,4)|1200.5000");
  EXPECT_EQ(desk.rows("select " + settings.at("breach_penalty") + " * 2"), "50.0000");
  EXPECT_EQ(desk.rows("select name, cost, benefit from " + settings.at("initiatives") + " i(name, cost, benefit)"),
            "Ann's portal|100.0000|150.2500");
  EXPECT_EQ(desk.rows("select * from " + settings.at("holidays") + " h(y, m, d) order by all"), "0|12|25 2024|5|5");
  // High is the project's, the others are the defaults; a response is a quarter unless it is named.
  EXPECT_EQ(desk.rows("select * from " + settings.at("priorities") + " p(r, n, m, h) order by r"),
            "1|Low|1080|72 2|Medium|360|24 3|High|30|6 4|Critical|60|4");
}

TEST(Settings, EmptyListsAreEmptyRelations) {
  Desk desk("");
  const auto settings = model_settings(desk.config());
  EXPECT_EQ(desk.rows("select count(*), coalesce(sum(cost), 0) from " + settings.at("initiatives") +
                      " i(name, cost, benefit)"),
            "0|0.0000");
  EXPECT_EQ(desk.rows("select count(*) from " + settings.at("holidays") + " h(y, m, d) where y = 0"), "0");
}

}  // namespace
}  // namespace deskhouse::pipeline
