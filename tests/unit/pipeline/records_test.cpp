#include "pipeline/records.h"

#include "desk.h"
#include "pipeline/rejects.h"

namespace deskhouse::pipeline {
namespace {

class Records : public testing::Test {
 protected:
  warehouse::Connection& connection() { return desk_.warehouse().connection; }
  static void ok(const Status& status) { ASSERT_TRUE(status) << status.error().message; }
  std::int64_t begin() {
    const auto id = begin_run(connection(), "run", kNow);
    EXPECT_TRUE(id) << id.error().message;
    return id.value_or(0);
  }
  void leave_raw(std::int64_t run, const std::string& extracted_at = "2024-05-31") {
    desk_.execute("insert into staging.raw_blocks values (" + std::to_string(run) +
                  ", 'desk', 'tickets', 'f', 1, 1, 1, timestamp '" + extracted_at + "', ''::blob)");
  }
  std::string raw_runs() { return desk_.rows("select run_id from staging.raw_blocks order by 1"); }
  Desk desk_{kTickets};
};

TEST_F(Records, RunsAreNumberedAndEnd) {
  EXPECT_EQ(begin(), 1);
  EXPECT_EQ(begin(), 2);
  ok(end_run(connection(), 1, "succeeded", ""));
  ok(end_run(connection(), 2, "failed", "it isn't\xff there"));
  EXPECT_EQ(desk_.rows("select run_id, kind, status, as_of::date, error is null, finished_at >= started_at from "
                       "meta.runs order by 1"),
            "1|run|succeeded|2024-06-01|true|true 2|run|failed|2024-06-01|false|true");
  EXPECT_NE(desk_.rows("select error from meta.runs where run_id = 2").find("it isn't"), std::string::npos);
}

TEST_F(Records, ARunThatNeverEndedWasInterruptedAndItsRawRecordsGo) {
  begin();
  ok(end_run(connection(), 1, "succeeded", ""));
  begin();
  leave_raw(1);
  leave_raw(2);
  ok(mark_interrupted_runs(connection()));
  EXPECT_EQ(desk_.rows("select run_id, status from meta.runs order by 1"), "1|succeeded 2|interrupted");
  EXPECT_EQ(raw_runs(), "1");
  ok(mark_interrupted_runs(connection()));  // nothing is left to mark
}

TEST_F(Records, RawRecordsAreKeptForTheRetention) {
  leave_raw(1, "2024-05-30 23:59:59");
  leave_raw(2, "2024-05-31 00:00:00");
  leave_raw(3, "2024-01-01 00:00:00");  // of the run that purges: its own are not touched
  ok(purge_raw(connection(), kNow, 86'400, 3));
  EXPECT_EQ(raw_runs(), "2 3");
}

TEST_F(Records, OneEntityOfARunIsForgotten) {
  const auto& mapping = desk_.config().sources.at(0).entities.at(0);
  leave_raw(1);
  leave_raw(2);
  desk_.execute("update staging.raw_blocks set entity = 'agents' where run_id = 1");
  leave_raw(1);
  ok(forget_raw(connection(), 1, mapping));
  EXPECT_EQ(desk_.rows("select run_id, entity from staging.raw_blocks order by 1"), "1|agents 2|tickets");
}

TEST_F(Records, LoadTablesOfADeadRunAreDroppedAndNoOthers) {
  desk_.execute("create table operational.load_tickets_1 (i integer); create table operational.loads (i integer)");
  ok(drop_leftovers(connection()));
  EXPECT_EQ(desk_.rows(
                "select table_name from duckdb_tables() where schema_name = 'operational' and table_name like 'load%'"),
            "loads");
}

TEST_F(Records, AnExtractionLeavesItsBalanceCountsAndWatermark) {
  Extraction x;
  x.mapping = &desk_.config().sources.at(0).entities.at(0);
  x.balance = {.extracted = 10, .loaded = 4, .unchanged = 3, .superseded = 2, .quarantined = 1, .ties = 1};
  EXPECT_TRUE(x.balance.holds());
  x.fields["status"].defaulted = 2;
  x.fields["subject"];  // nothing happened to it: no row
  x.batches = {{.number = 1, .rows = 9, .status = "loaded", .error = "", .seconds = 0.5}};
  x.unmapped_columns = {"it's new"};
  x.watermark = Timestamp{kNow.us - 1};
  ok(record_extractions(connection(), 7, {&x, 1}));
  x.watermark = kNow;
  ok(record_extractions(connection(), 8, {&x, 1}));
  EXPECT_EQ(
      desk_.rows(
          "select run_id, extracted, loaded, unchanged, superseded, quarantined, ties from meta.balances order by 1"),
      "7|10|4|3|2|1|1 8|10|4|3|2|1|1");
  EXPECT_EQ(desk_.rows("select run_id, field, defaulted, formats is null from meta.field_counts order by 1"),
            "7|status|2|true 8|status|2|true");
  EXPECT_EQ(desk_.rows("select number, rows, status, error is null from meta.load_batches where run_id = 7"),
            "1|9|loaded|true");
  EXPECT_EQ(desk_.rows("select column_name from meta.unmapped_columns where run_id = 7"), "it's new");
  EXPECT_EQ(desk_.rows("select run_id, watermark = timestamp '2024-06-01' from meta.watermarks"), "8|true");
}

class OneHeader final : public sources::Reader {
 public:
  const std::vector<std::string>& columns() const override { return columns_; }
  std::vector<std::string> unmapped_columns() const override { return {}; }
  Result<bool> next(sources::RawBatch&, std::size_t) override { return false; }
  std::string header(std::int32_t file_index) const override { return "header of file " + std::to_string(file_index); }
  sources::Progress progress() const override { return {}; }

 private:
  std::vector<std::string> columns_;
};

TEST_F(Records, ARejectKeepsItsBytesItsHeaderAndAllReasons) {
  const OneHeader reader;
  auto writer = RejectWriter::open(connection(), desk_.config().sources.at(0).entities.at(0), reader, 3, kNow);
  ASSERT_TRUE(writer) << writer.error().message;
  staging::Reject reject;
  reject.file = "b.csv";
  reject.position = (std::int64_t{1} << staging::kPositionFileShift) | 5;  // the fifth record of the second file
  reject.record = 5;
  reject.line = 7;
  reject.id = "INC\xff 1";
  reject.raw = std::string("a\0b\xff", 4);
  reject.reasons = {{"status", "is \"not\" allowed", "Lost"}, {"created_at", "is no time", "yesterday"}};
  ok(writer->write(reject));
  ok(writer->flush());
  EXPECT_EQ(writer->written(), 1);
  EXPECT_EQ(desk_.rows("select run_id, source, entity, file, record, line, header, status, octet_length(raw), "
                       "extracted_at = timestamp '2024-06-01', replayed_run_id is null from staging.quarantine"),
            "3|desk|tickets|b.csv|5|7|header of file 1|quarantined|4|true|true");
  EXPECT_EQ(
      desk_.rows(
          "select r.field, r.reason, r.value from (select unnest(from_json(reasons, "
          "'[{\"field\":\"VARCHAR\",\"reason\":\"VARCHAR\",\"value\":\"VARCHAR\"}]')) as r from staging.quarantine)"),
      "status|is \"not\" allowed|Lost created_at|is no time|yesterday");
}

}  // namespace
}  // namespace deskhouse::pipeline
