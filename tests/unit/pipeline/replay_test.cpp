#include "pipeline/replay.h"

#include <algorithm>

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr auto kQuarantine = "select record_id, status, replayed_run_id from staging.quarantine order by all";

std::string lines_of(const ReplayReport& report) {
  std::string out;
  for (const auto& l : report.lines)
    out += l.source + "." + l.entity + " " + std::to_string(l.came_through) + " of " + std::to_string(l.tried) + " ";
  return out;
}

TEST(Replay, RecordsComeThroughOnceTheMappingIsPutRight) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Waiting,2024-05-02,", "c,Lost,2024-05-02,"});
  EXPECT_EQ(balance_of(desk.run()), "1 0 0 2 0");
  desk.reconfigure(std::string(kTickets) +
                   "[sources.desk.tickets.fields]\nid = \"id\"\nsubject = \"subject\"\n"
                   "status = { column = \"status\", values = { Waiting = \"Pending\" } }\n"
                   "priority = \"priority\"\ncategory = \"category\"\nrequester_id = \"requester_id\"\n"
                   "created_at = \"created_at\"\nupdated_at = \"updated_at\"\nversion = \"version\"\n");
  const auto report = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->run_id, 2);
  EXPECT_EQ(lines_of(*report), "desk.tickets 1 of 2 ");
  EXPECT_EQ(desk.rows(kQuarantine), "b|replayed|2 c|quarantined|");
  EXPECT_EQ(desk.rows("select id, status from operational.tickets order by id"), "a|Open b|Pending");
  EXPECT_EQ(desk.rows("select kind, status from meta.runs where run_id = 2"), "replay|succeeded");

  const auto backlog = std::ranges::find(report->changes, "backlog", &ReplayReport::Change::metric);
  ASSERT_NE(backlog, report->changes.end());
  EXPECT_EQ(backlog->before, 1.0);
  EXPECT_EQ(backlog->after, 2.0);

  // Again: c still does not come through, and stays one row.
  const auto again = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(lines_of(*again), "desk.tickets 0 of 1 ");
  EXPECT_TRUE(again->changes.empty());
  EXPECT_EQ(desk.rows(kQuarantine), "b|replayed|2 c|quarantined|");
}

TEST(Replay, NothingToDo) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  const auto report = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->run_id, 0);
  EXPECT_EQ(desk.rows("select count(*) from meta.runs"), "1");
}

TEST(Replay, WhatNoMappingReadsAnyMoreIsNamed) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Lost,2024-05-02,"});
  desk.run();
  desk.reconfigure("");
  const auto report = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->run_id, 0);
  EXPECT_EQ(report->unreplayable, std::vector<std::string>{"desk.tickets (1 records)"});
  EXPECT_EQ(desk.rows(kQuarantine), "a|quarantined|");
}

TEST(Replay, ARecordThatHasBeenCorrectedSinceIsNotSetBack) {
  Desk desk(std::string(kTickets) + "row_conditions = [\"status <> 'Pending'\"]\n");
  desk.deliver_tickets({"a,Pending,2024-05-02,"});
  EXPECT_EQ(balance_of(desk.run()), "0 0 0 1 0");
  desk.deliver_tickets({"a,Closed,2024-05-03,"});
  desk.run();
  desk.reconfigure(kTickets);
  const auto report = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(lines_of(*report), "desk.tickets 1 of 1 ");
  EXPECT_EQ(desk.rows("select id, status from operational.tickets"), "a|Closed");
  EXPECT_EQ(desk.rows("select superseded from meta.balances where run_id = 3"), "1");
}

TEST(Replay, PurgingTakesTheBytesAndLeavesTheRow) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Lost,2024-05-02,", "b,Lost,2024-05-02,"});
  desk.run();
  desk.execute("update staging.quarantine set extracted_at = timestamp '2024-05-01' where record_id = 'a'");
  auto& connection = desk.warehouse().connection;
  EXPECT_EQ(purge_quarantine(connection, {}, kNow, true).value(), 1);
  EXPECT_EQ(desk.rows("select count(*) from staging.quarantine where octet_length(raw) > 0"), "2");
  EXPECT_EQ(purge_quarantine(connection, {.entity = "agents", .source = ""}, kNow, false).value(), 0);
  EXPECT_EQ(purge_quarantine(connection, {.entity = "tickets", .source = "desk"}, kNow, false).value(), 1);
  EXPECT_EQ(desk.rows("select record_id, status, octet_length(raw) > 0 from staging.quarantine order by 1"),
            "a|purged|false b|quarantined|true");
  EXPECT_EQ(purge_quarantine(connection, {}, kNow, false).value(), 0);
}

TEST(Replay, AFilterIsSafeText) {
  EXPECT_EQ(quarantine_condition({}), "");
  EXPECT_EQ(quarantine_condition({.entity = "tickets", .source = "o'desk"}),
            " and entity = 'tickets' and source = 'o''desk'");
}

}  // namespace
}  // namespace deskhouse::pipeline
