#include "pipeline/fold.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

class Fold : public testing::Test {
 protected:
  // A run of the stream, so many minutes before now, with a balance, a stage and a check.
  void micro_batch(int run, int minutes, const std::string& kind = "stream") {
    const auto id = std::to_string(run);
    const auto at = "timestamp '2024-06-01 00:30:00' - interval " + std::to_string(minutes) + " minute";
    desk_.execute("insert into meta.runs by name select " + id + " as run_id, '" + kind +
                  "' as kind, 'succeeded' as status, " + at + " as started_at, " + at +
                  " + interval 1 second as finished_at, " + at + " as as_of, '1' as version");
    desk_.execute("insert into meta.balances values (" + id + ", 'desk', 'tickets', 10, 7, 1, 1, 1, 0)");
    desk_.execute("insert into meta.stages values (" + id + ", 'extract', 'desk.tickets', 10, 9, 1, 100, 0.5, " + id +
                  ")");
    desk_.execute("insert into meta.check_results values (" + id + ", 'c', 'warn', 'passed', " + id + ", null, 0)");
  }
  std::int64_t fold() {
    const auto folded = fold_micro_batches(desk_.warehouse().connection, now_, 1);
    EXPECT_TRUE(folded) << folded.error().message;
    return folded.value_or(-1);
  }
  const Timestamp now_{kNow.us + 1800 * kMicrosPerSecond};  // 00:30
  Desk desk_{kTickets};
};

TEST_F(Fold, OldMicroBatchesBecomeOneAnHour) {
  micro_batch(1, 150);  // 22:00
  micro_batch(2, 140);
  micro_batch(3, 130, "run");
  micro_batch(4, 120);
  micro_batch(5, 80);  // 23:10
  micro_batch(6, 75);
  micro_batch(7, 50);  // not an hour ago
  micro_batch(8, 5);
  EXPECT_EQ(fold(), 3);
  EXPECT_EQ(desk_.rows("select run_id, kind, folded, first_run_id from meta.runs order by 1"),
            "3|run|| 4|stream|3|1 6|stream|2|5 7|stream|| 8|stream||");
  EXPECT_EQ(desk_.rows("select run_id, extracted, loaded, extracted = loaded + unchanged + superseded + quarantined "
                       "from meta.balances order by 1"),
            "3|10|7|true 4|30|21|true 6|20|14|true 7|10|7|true 8|10|7|true");
  EXPECT_EQ(desk_.rows("select run_id, rows_in, errors, seconds, peak_memory_bytes from meta.stages where run_id < 7 "
                       "order by 1"),
            "3|10|1|0.5|3 4|30|3|1.5|4 6|20|2|1|6");
  EXPECT_EQ(desk_.rows("select run_id, violations from meta.check_results order by 1"), "3|3 4|4 6|6 7|7 8|8");
  EXPECT_EQ(desk_.rows("select started_at::time, finished_at::time from meta.runs where run_id = 4"),
            "22:00:00|22:30:01");
}

TEST_F(Fold, WhatIsFoldedIsFoldedOnWithWhatComesLater) {
  micro_batch(1, 150);
  micro_batch(2, 140);
  micro_batch(3, 130);
  EXPECT_EQ(fold(), 1) << "the latest run stays";
  micro_batch(4, 1);
  EXPECT_EQ(fold(), 1);
  EXPECT_EQ(desk_.rows("select run_id, folded, first_run_id from meta.runs order by 1"), "3|3|1 4||");
  EXPECT_EQ(desk_.rows("select sum(extracted), sum(loaded) from meta.balances"), "40|28");
}

TEST_F(Fold, RunsThatAreNamedOrWaitStay) {
  for (int run = 1; run <= 6; ++run) micro_batch(run, 150 - run);
  desk_.execute(
      "insert into meta.violations by name select 2 as run_id, 'c' as check_name, 'warn' as severity, "
      "'tickets' as entity, 'm' as message");
  desk_.execute("update meta.state set unsettled_since = 5");
  EXPECT_EQ(fold(), 2);
  EXPECT_EQ(desk_.rows("select run_id, folded from meta.runs order by 1"), "2| 4|3 5| 6|");
}

}  // namespace
}  // namespace deskhouse::pipeline
