// What publishing makes of versions: the greatest (updated_at, version, position) is the state of a record.
#include "pipeline/publish.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr auto kState = "select id, status from operational.tickets order by id";

TEST(Publish, OfOneDeliveryTheGreatestVersionWins) {
  Desk desk(kTickets);
  desk.deliver_tickets({
      "time,Pending,2024-05-03,", "time,Open,2024-05-02,",           // the later one, though it stands first
      "counter,Closed,2024-05-02,10", "counter,Open,2024-05-02,9",   // the counter decides, as a number
      "position,Open,2024-05-02,", "position,Resolved,2024-05-02,",  // only the position is left: a tie
      "again,Open,2024-05-02,", "again,Open,2024-05-02,",            // nothing differs: no tie
  });
  EXPECT_EQ(balance_of(desk.run()), "4 0 4 0 1");
  EXPECT_EQ(desk.rows(kState), "again|Open counter|Closed position|Resolved time|Pending");
}

TEST(Publish, ADeliveryIsComparedWithWhatIsThere) {
  Desk desk(kTickets);
  desk.deliver_tickets({"newer,Open,2024-05-02,", "older,Closed,2024-05-02,", "same,Open,2024-05-02,",
                        "tie,Open,2024-05-02,", "counter,Closed,2024-05-02,2"});
  desk.run();
  desk.deliver_tickets({"newer,Closed,2024-05-03,", "older,Open,2024-05-01,", "same,Open,2024-05-02,",
                        "tie,Pending,2024-05-02,", "counter,Open,2024-05-02,1", "new,Open,2024-05-02,"});
  // Of the tie the one that came later wins, and it is counted.
  EXPECT_EQ(balance_of(desk.run()), "3 1 2 0 1");
  EXPECT_EQ(desk.rows(kState), "counter|Closed new|Open newer|Closed older|Closed same|Open tie|Pending");
}

TEST(Publish, TheSameDeliveryChangesNothing) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Open,2024-05-02,", "b,Closed,2024-05-03,"});
  EXPECT_EQ(balance_of(desk.run()), "2 0 1 0 0");
  const auto events = desk.rows("select count(*), bit_xor(key) from operational.ticket_events");
  const auto again = desk.run();
  EXPECT_EQ(balance_of(again), "0 2 1 0 0");
  EXPECT_EQ(desk.rows("select count(*), bit_xor(key) from operational.ticket_events"), events);
  for (const auto& outcome : again.models) EXPECT_EQ(outcome.mode, models::Delta::Mode::none) << outcome.model;
}

TEST(Publish, ASecondVersionMakesBothPartOfTheHistory) {
  constexpr auto kEvents = "select ticket_id, status, event_at::date from operational.ticket_events order by all";
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Closed,2024-05-03,"});
  desk.run();
  EXPECT_EQ(desk.rows(kEvents), "");  // of one version nothing is known but the state
  desk.deliver_tickets({"a,Closed,2024-05-04,", "b,Open,2024-05-01,"});
  EXPECT_EQ(balance_of(desk.run()), "1 0 1 0 0");
  EXPECT_EQ(desk.rows(kEvents), "a|Closed|2024-05-04 a|Open|2024-05-02 b|Closed|2024-05-03 b|Open|2024-05-01");
}

// Two states at one place of the history have no order. Where the source tells the history itself, they are not in it.
TEST(Publish, VersionsStayOutOfAHistoryThatEventsTell) {
  Desk desk(std::string(kTickets) + "history = \"events\"\n");
  desk.deliver_tickets({"a,Open,2024-05-02,7", "b,Open,2024-05-02,", "b,Closed,2024-05-03,"});
  EXPECT_EQ(balance_of(desk.run()), "2 0 1 0 0");
  desk.deliver_tickets({"a,Resolved,2024-05-02,7", "b,Open,2024-05-01,"});
  EXPECT_EQ(balance_of(desk.run()), "1 0 1 0 1");
  EXPECT_EQ(desk.rows(kState), "a|Resolved b|Closed");
  EXPECT_EQ(desk.rows("select count(*) from operational.ticket_events"), "0");
}

TEST(Publish, EveryVersionOfAnAgentIsKeptOnce) {
  Desk desk("[sources.desk.agents]\npath = \"agents.csv\"\n");
  desk.write("agents.csv", "id,name,updated_at\na1,Anna,2024-05-03\na1,Ann,2024-05-02\n");
  EXPECT_EQ(balance_of(desk.run()), "1 0 1 0 0");
  desk.write("agents.csv", "id,name,updated_at\na1,An,2024-05-01\na1,Ann,2024-05-02\n");
  EXPECT_EQ(balance_of(desk.run()), "0 0 2 0 0");
  EXPECT_EQ(desk.rows("select name from operational.agents"), "Anna");
  EXPECT_EQ(desk.rows("select name from operational.agent_versions order by updated_at"), "An Ann Anna");
  EXPECT_EQ(desk.rows("select name from core.dim_agent where natural_key <> 0 order by valid_from"), "An Ann Anna");
}

// Of some entities updated_at may be absent, of one record and not of the next.
TEST(Publish, ARecordWithATimeIsNewerThanOneWithout) {
  Desk desk("[sources.desk.groups]\npath = \"groups.csv\"\n");
  desk.write("groups.csv", "id,name,updated_at\ng1,Old,\ng2,New,2024-03-01\ng3,Old,\ng3,New,2024-03-01\n");
  EXPECT_EQ(balance_of(desk.run()), "3 0 1 0 0");
  desk.write("groups.csv", "id,name,updated_at\ng1,New,2024-03-01\ng2,Old,\n");
  EXPECT_EQ(balance_of(desk.run()), "1 0 1 0 0");
  EXPECT_EQ(desk.rows("select name from operational.groups"), "New New New");
}

TEST(Publish, WithoutTimesTheLaterDeliveryWins) {
  Desk desk("[sources.desk.groups]\npath = \"groups.csv\"\n");
  desk.write("groups.csv", "id,name\ng1,Desk\ng2,Plant\n");
  desk.run();
  desk.write("groups.csv", "id,name\ng1,Service desk\ng2,Plant\n");
  EXPECT_EQ(balance_of(desk.run()), "1 1 0 0 1");
  EXPECT_EQ(desk.rows("select name from operational.groups order by id"), "Service desk Plant");
}

// Two ids with one 64-bit key cannot be told apart: the run is refused, and nothing of it is visible.
TEST(Publish, ACollisionOfKeysIsRefused) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  desk.execute("update operational.tickets set id = 'z'");  // as if 'z' had the key of 'a'
  desk.deliver_tickets({"a,Closed,2024-05-03,", "b,Open,2024-05-03,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::source);
  EXPECT_NE(refused.error().message.find("The ids a and z of tickets have the same 64-bit key"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(desk.rows(kState), "z|Open");
  EXPECT_EQ(desk.rows("select run_id, status from meta.runs order by run_id"), "1|succeeded 2|failed");
}

}  // namespace
}  // namespace deskhouse::pipeline
