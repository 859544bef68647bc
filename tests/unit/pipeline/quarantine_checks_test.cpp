// Checks of severity quarantine: what they hold back, what is told of it, and how it comes through later.
#include "pipeline/quarantine_checks.h"

#include "desk.h"
#include "pipeline/replay.h"

namespace deskhouse::pipeline {
namespace {

constexpr std::string_view kNoClosed =
    "-- name: no_closed\n-- severity: quarantine\n-- entity: tickets\n-- description: d\n-- what_to_do: Open it.\n"
    "select id, source, 'status' as field, status as value, 'is closed' as message from {{source}} where status = "
    "'Closed'\n";
constexpr auto kQuarantined =
    "select run_id, record_id, line, status, json_extract_string(reasons, '$[*].reason')::varchar from "
    "staging.quarantine order by run_id, position";
constexpr auto kVisible = "select id, status from operational.tickets order by id";

TEST(QuarantineChecks, AViolatingRecordWaitsInQuarantineAndTheBalanceHolds) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Closed,2024-05-02,", "c,Open,2024-05-02,"});
  EXPECT_EQ(balance_of(desk.run()), "2 0 0 1 0");
  EXPECT_EQ(desk.rows(kVisible), "a|Open c|Open");
  EXPECT_EQ(desk.rows("select ticket_id from core.fact_tickets order by 1"), "a c");
  EXPECT_EQ(desk.rows(kQuarantined), "1|b|3|quarantined|['no_closed: is closed']");
  EXPECT_EQ(
      desk.rows("select header, raw::varchar from staging.quarantine"),
      "id,subject,status,priority,category,requester_id,created_at,updated_at,version|b,s,Closed,High,Mail,r1,2024-"
      "05-01,2024-05-02,");
  EXPECT_EQ(desk.rows("select status, violations from meta.check_results where check_name = 'no_closed'"),
            "violated|1");
  EXPECT_EQ(desk.rows("select severity, id, value from meta.violations where check_name = 'no_closed'"),
            "quarantine|b|Closed");
}

TEST(QuarantineChecks, TheVersionThatIsVisibleStaysUntilAGoodOneComes) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  desk.deliver_tickets({"a,Closed,2024-05-03,"});
  EXPECT_EQ(balance_of(desk.run()), "0 0 0 1 0");
  EXPECT_EQ(desk.rows(kVisible), "a|Open");
  EXPECT_EQ(desk.rows("select is_open from meta.violation_states where check_name = 'no_closed'"), "true");
  desk.deliver_tickets({"a,Resolved,2024-05-04,"});
  desk.run();
  EXPECT_EQ(desk.rows(kVisible), "a|Resolved");
  EXPECT_EQ(desk.rows("select is_open, resolved_run_id from meta.violation_states where check_name = 'no_closed'"),
            "false|3");
}

TEST(QuarantineChecks, EachVersionIsJudgedByItself) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Open,2024-05-02,", "a,Closed,2024-05-04,", "a,Pending,2024-05-03,", "b,Closed,2024-05-02,",
                        "b,Open,2024-05-03,"});
  EXPECT_EQ(balance_of(desk.run()), "2 0 1 2 0");
  EXPECT_EQ(desk.rows(kVisible), "a|Pending b|Open");
  EXPECT_EQ(desk.rows(kQuarantined),
            "1|a|3|quarantined|['no_closed: is closed'] 1|b|5|quarantined|['no_closed: is closed']");
  Desk split(kTickets);  // the same in two deliveries
  split.write("checks/no_closed.sql", kNoClosed);
  split.deliver_tickets({"a,Open,2024-05-02,", "a,Closed,2024-05-04,", "b,Closed,2024-05-02,"});
  split.run();
  split.deliver_tickets({"a,Pending,2024-05-03,", "b,Open,2024-05-03,"});
  split.run();
  EXPECT_EQ(split.rows(kVisible), "a|Pending b|Open");
}

TEST(QuarantineChecks, ReplayLetsThemThroughOnceTheRuleIsMended) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Closed,2024-05-02,", "c,Closed,2024-05-02,"});
  desk.run();
  const auto still = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(still) << still.error().message;
  EXPECT_EQ(still->lines[0].came_through, 0);
  EXPECT_EQ(desk.rows("select count(*) from staging.quarantine"), "2");
  std::string mended(kNoClosed);
  mended.replace(mended.find("= 'Closed'"), 10, "= 'Closed' and id = 'c'");
  desk.write("checks/no_closed.sql", mended);
  const auto done = replay(desk.config(), desk.warehouse(), {}, {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->lines[0].tried, 2);
  EXPECT_EQ(done->lines[0].came_through, 1);
  EXPECT_FALSE(done->changes.empty());
  EXPECT_EQ(desk.rows(kVisible), "a|Open b|Closed");
  EXPECT_EQ(desk.rows("select record_id, status from staging.quarantine order by 1"), "b|replayed c|quarantined");
}

TEST(QuarantineChecks, SeveralReasonsAreAllTold) {
  Desk desk(std::string(kTickets) +
            "[quality.allowed]\ntickets.category = [\"Network\"]\n[quality.severity]\ntickets_allowed_values = "
            "\"quarantine\"\n");
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Closed,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows("select json_array_length(reasons) from staging.quarantine"), "2");
  EXPECT_EQ(desk.rows(kVisible), "");
}

TEST(QuarantineChecks, AReferenceMayHoldARecordBackUntilTheOtherArrives) {
  Desk desk(std::string(kTickets) +
            "[sources.desk.requesters]\npath = \"requesters.csv\"\n[quality.severity]\ntickets_references = "
            "\"quarantine\"\n");
  desk.write("requesters.csv", "id,name,updated_at\nr9,Nine,2024-05-01\n");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(kVisible), "");
  desk.write("requesters.csv", "id,name,updated_at\nr1,One,2024-05-01\n");
  desk.run();  // requesters come before tickets, also in one run
  EXPECT_EQ(desk.rows(kVisible), "a|Open");
}

TEST(QuarantineChecks, OneThatIsNotAboutRecordsIsAMistake) {
  Desk desk(std::string(kTickets) + "[quality.severity]\nfreshness = \"quarantine\"\n");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::config);
}

TEST(QuarantineChecks, OneThatDoesNotBindFailsAloneAndJudgesNothing) {
  Desk desk(kTickets);
  std::string broken(kNoClosed);
  broken.replace(broken.find("status = "), 9, "colour = ");
  desk.write("checks/no_closed.sql", broken);
  desk.deliver_tickets({"a,Closed,2024-05-02,"});
  EXPECT_EQ(desk.run().failed_checks, 1);
  EXPECT_EQ(desk.rows(kVisible), "a|Closed");
}

}  // namespace
}  // namespace deskhouse::pipeline
