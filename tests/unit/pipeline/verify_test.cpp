#include "pipeline/verify.h"

#include <algorithm>

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

class Verify : public testing::Test {
 protected:
  // Verification opens the warehouse itself, so each desk here lets go of it first.
  void load(const std::string& afterwards) {
    Desk desk(kTickets);
    desk.deliver_tickets({"a,Open,2024-05-01,", "b,Closed,2024-05-01,"});
    desk.run();
    if (!afterwards.empty()) desk.execute(afterwards);
    desk.execute("checkpoint");
    config_ = desk.config();
    std::filesystem::create_directories(folder_.folder());
    std::filesystem::copy_file(desk.folder() / "deskhouse.duckdb", folder_.folder() / "deskhouse.duckdb",
                               std::filesystem::copy_options::overwrite_existing);
    config_.project = folder_.folder();
  }
  VerifyReport verify() {
    auto report = pipeline::verify(config_, "", {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? *std::move(report) : VerifyReport{};
  }
  config::Project folder_{""};
  config::Config config_;
};

TEST_F(Verify, WhatARunLeftIsClean) {
  load("");
  const auto report = verify();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.as_of, kNow);
  EXPECT_EQ(report.balances, 1);
  EXPECT_GT(report.audits.size(), 50u);
}

TEST_F(Verify, ATamperedCellAndABrokenEquationAreNamed) {
  load("update core.daily_ticket_summary set ticket_count = 7; update meta.balances set loaded = loaded - 1");
  const auto report = verify();
  EXPECT_FALSE(report.ok());
  const auto table = std::ranges::find(report.tables, "core.daily_ticket_summary", &Comparison::table);
  ASSERT_NE(table, report.tables.end());
  ASSERT_TRUE(table->difference);
  EXPECT_EQ(table->difference->column, "ticket_count");
  EXPECT_EQ(table->difference->left, "7");
  EXPECT_EQ(table->difference->right, "2");
  ASSERT_EQ(report.unbalanced.size(), 1u);
  EXPECT_NE(report.unbalanced[0].find("tickets"), std::string::npos) << report.unbalanced[0];
}

}  // namespace
}  // namespace deskhouse::pipeline
