// Live metrics follow the published rows and equal those that are counted anew.
#include "stream/live_metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace deskhouse::stream {
namespace {

constexpr std::int64_t kLate = 60;

class LiveMetricsTest : public testing::Test {
 protected:
  LiveMetricsTest() : database_(*warehouse::Database::open({.path = ":memory:"})), connection_(*database_->connect()) {
    run("create schema operational; create table operational.tickets (key BIGINT, created_at TIMESTAMP, updated_at "
        "TIMESTAMP, priority VARCHAR, status VARCHAR, is_deleted BOOLEAN, run_id BIGINT)");
  }
  void run(const std::string& sql) {
    const auto status = connection_.execute(sql);
    ASSERT_TRUE(status) << status.error().message;
  }
  // One ticket as of one run; times in seconds of 2024.
  void publish(int run_id, int key, int created, int updated, const char* priority, const char* status = "Open",
               bool deleted = false) {
    run(fmt::format(
        "delete from operational.tickets where key = {1}; insert into operational.tickets values ({1}, "
        "timestamp '2024-01-01' + interval {2} second, timestamp '2024-01-01' + interval {3} second, '{4}', "
        "'{5}', {6}, {0})",
        run_id, key, created, updated, priority, status, deleted));
    ASSERT_TRUE(live_.follow(connection_, run_id));
  }
  void expect_as_counted_anew() {
    LiveMetrics fresh(kLate);
    ASSERT_TRUE(fresh.catch_up(connection_, 1));
    const auto a = live_.snapshot(100), b = fresh.snapshot(100);
    EXPECT_EQ(a.tickets, b.tickets);
    EXPECT_EQ(a.open, b.open);
    EXPECT_EQ(a.resolved, b.resolved);
    EXPECT_EQ(a.deleted, b.deleted);
    EXPECT_EQ(a.open_by_priority, b.open_by_priority);
    ASSERT_EQ(a.windows.size(), b.windows.size());
    for (std::size_t i = 0; i < a.windows.size(); ++i) {
      EXPECT_EQ(a.windows[i].start, b.windows[i].start);
      EXPECT_EQ(a.windows[i].tickets, b.windows[i].tickets);
      EXPECT_EQ(a.windows[i].is_final, b.windows[i].is_final);
    }
  }

  std::unique_ptr<warehouse::Database> database_;
  warehouse::Connection connection_;
  LiveMetrics live_{kLate};
};

TEST_F(LiveMetricsTest, CountsByPriorityAndWindow) {
  publish(1, 1, 3, 3, "High");
  publish(2, 2, 9, 9, "High");
  publish(3, 3, 10, 10, "Critical");
  const auto now = live_.snapshot(10);
  ASSERT_EQ(now.windows.size(), 2u);
  EXPECT_EQ(now.windows[0].tickets, (ByPriority{0, 0, 0, 1}));
  EXPECT_EQ(now.windows[1].tickets, (ByPriority{0, 0, 2, 0}));
  EXPECT_FALSE(now.windows[1].is_final);
  expect_as_counted_anew();
}

TEST_F(LiveMetricsTest, AChangedTicketLeavesWhereItWasCounted) {
  publish(1, 1, 3, 3, "High");
  publish(2, 1, 3, 5, "Low", "Resolved");
  const auto now = live_.snapshot(10);
  EXPECT_EQ(now.windows.at(0).tickets, (ByPriority{1, 0, 0, 0}));
  EXPECT_EQ(now.open, 0);
  EXPECT_EQ(now.resolved, 1);
  publish(3, 1, 3, 6, "Low", "Resolved", true);
  EXPECT_TRUE(live_.snapshot(10).windows.empty());
  EXPECT_EQ(live_.snapshot(10).deleted, 1);
  expect_as_counted_anew();
}

TEST_F(LiveMetricsTest, WhatComesAfterTheBoundIsACorrection) {
  publish(1, 1, 3, 3, "High");
  publish(2, 2, 200, 200, "High");
  EXPECT_TRUE(live_.snapshot(10).windows.at(1).is_final);
  EXPECT_EQ(live_.snapshot(10).corrections, 0);
  publish(3, 3, 4, 201, "High");
  EXPECT_EQ(live_.snapshot(10).windows.at(1).tickets, (ByPriority{0, 0, 2, 0}));
  EXPECT_EQ(live_.snapshot(10).corrections, 1);
  publish(4, 3, 4, 202, "High", "Resolved");
  EXPECT_EQ(live_.snapshot(10).corrections, 1) << "a status changes no window";
  expect_as_counted_anew();
}

}  // namespace
}  // namespace deskhouse::stream
