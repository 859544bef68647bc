#include "pipeline/checks.h"

#include <algorithm>

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr std::string_view kNoClosed =
    "-- name: no_closed\n-- severity: warn\n-- entity: tickets\n-- description: d\n-- what_to_do: Open it.\n"
    "select id, 'status' as field, status as value, 'is closed' as message from {{source}} where status = 'Closed'\n";

Result<std::vector<Check>> checks_of(const std::filesystem::path& project) {
  config::Config config;
  config.project = project;
  return load_checks(config);
}

std::string with(std::string_view text, const std::string& old, const std::string& fresh) {
  std::string out(text);
  return out.replace(out.find(old), old.size(), fresh);
}

std::string problem(std::string_view check) {
  const config::Project project("");
  std::filesystem::create_directories(project.folder() / "checks");
  std::ofstream(project.folder() / "checks" / "no_closed.sql") << check;
  const auto checks = checks_of(project.folder());
  return checks ? "loaded" : checks.error().message;
}

TEST(Checks, BuiltInOnesLoadAndAProjectMayReplaceOne) {
  const config::Project project("");
  const auto built_in = checks_of(project.folder());
  ASSERT_TRUE(built_in) << built_in.error().message;
  EXPECT_GT(built_in->size(), 10u);
  std::filesystem::create_directories(project.folder() / "checks");
  std::ofstream(project.folder() / "checks" / "critical_over_4h.sql")
      << with(kNoClosed, "name: no_closed", "name: critical_over_4h");
  const auto replaced = checks_of(project.folder());
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->size(), built_in->size());
  const auto own = std::ranges::find(*replaced, "critical_over_4h", &Check::name);
  ASSERT_NE(own, replaced->end());
  EXPECT_EQ(own->what_to_do, "Open it.");
}

TEST(Checks, AWrongHeaderIsNamed) {
  EXPECT_EQ(problem(kNoClosed), "loaded");
  EXPECT_NE(problem(with(kNoClosed, "severity: warn", "severity: loud")).find("severity is 'loud'"), std::string::npos);
  EXPECT_NE(problem(with(kNoClosed, "entity: tickets", "entity: ticket")).find("no entity 'ticket'"),
            std::string::npos);
  EXPECT_NE(problem(with(kNoClosed, "-- description", "-- descripton")).find(":4: unknown header 'descripton'"),
            std::string::npos);
  EXPECT_NE(problem(with(kNoClosed, "-- name: no_closed\n", "")).find("needs a name"), std::string::npos);
}

constexpr auto kFound = "select run_id, id from meta.violations where check_name = 'no_closed' order by all";

TEST(Checks, LookAtWhatChangedAndNeverOverwrite) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", kNoClosed);
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(kFound), "1|a");
  // a did not change, so it is not named again.
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Closed,2024-05-03,"});
  desk.run();
  EXPECT_EQ(desk.rows(kFound), "1|a 2|b");
  desk.run();  // nothing changed: the check is skipped
  EXPECT_EQ(
      desk.rows("select run_id, status, violations from meta.check_results where check_name = 'no_closed' order by 1"),
      "1|violated|1 2|violated|1");
}

TEST(Checks, SeverityFailLeavesNothingOfTheRun) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  desk.write("checks/no_closed.sql", with(kNoClosed, "severity: warn", "severity: fail"));
  desk.deliver_tickets({"a,Closed,2024-05-03,", "b,Open,2024-05-03,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::gate);
  EXPECT_NE(refused.error().message.find("no_closed found 1 violations"), std::string::npos);
  EXPECT_NE(refused.error().message.find("Open it."), std::string::npos);
  EXPECT_EQ(desk.rows("select id, status from operational.tickets"), "a|Open");
  EXPECT_EQ(desk.rows("select ticket_id, status from core.fact_tickets"), "a|Open");
  EXPECT_EQ(desk.rows("select status from meta.runs order by run_id"), "succeeded failed");
}

constexpr auto kResult = "select status, violations from meta.check_results where check_name = 'no_closed'";

TEST(Checks, OneThatDoesNotBindFailsAloneAndTheRestRun) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", with(kNoClosed, "status = 'Closed'", "colour = 'red'"));
  desk.write("checks/no_open.sql", with(with(kNoClosed, "no_closed", "no_open"), "= 'Closed'", "= 'Open'"));
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  EXPECT_EQ(desk.run().failed_checks, 1);
  EXPECT_EQ(desk.rows(kResult), "failed|0");
  EXPECT_NE(desk.rows("select error from meta.check_results where check_name = 'no_closed'").find("colour"),
            std::string::npos);
  EXPECT_EQ(desk.rows("select id from meta.violations where check_name = 'no_open'"), "a");
  EXPECT_EQ(desk.rows("select ticket_id from core.fact_tickets"), "a");
}

TEST(Checks, AGateThatCannotRunStaysShut) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql",
             with(with(kNoClosed, "status = 'Closed'", "colour = 'red'"), "severity: warn", "severity: fail"));
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::gate);
  EXPECT_NE(refused.error().message.find("The check no_closed ("), std::string::npos) << refused.error().message;
  EXPECT_EQ(desk.rows("select count(*) from operational.tickets"), "0");
}

TEST(Checks, OneThatDiesOfTheDataEndsTheRunByName) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql", with(kNoClosed, "status = 'Closed'", "subject::integer = 1"));
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("The check no_closed ("), std::string::npos) << refused.error().message;
}

TEST(Checks, AProjectsCheckOnlyReads) {
  for (const std::string body :
       {"select id, 'f' as field, 'v' as value, 'm' as message from {{source}} where exists (from '/etc/hostname.csv')",
        "select id, 'f' as field, 'v' as value, 'm' as message from {{source}} where exists (from folder.csv)",
        "delete from operational.tickets returning id, 'f' as field, 'v' as value, 'm' as message",
        "select 1); delete from operational.tickets; select (1",
        "select id, 'f' as field, 'v' as value, 'm' as message from {{source}}; delete from operational.tickets",
        "select id, 'f' as field, 'v' as value, 'm' as message from {{source}}; select 1",
        "copy operational.tickets to 'stolen.csv'",
        "select id, 'f' as field, nextval('s') as value, 'm' as message from {{source}}",
        "select id, 'f' as field, content as value, 'm' as message from {{source}} join read_text('/etc/hostname') on "
        "true",
        "select id, 'f' as field, 'v' as value, 'm' as message from {{source}} where exists (from query('select "
        "1'))"}) {
    Desk desk(kTickets);
    const auto select = kNoClosed.find("select");
    desk.write("checks/no_closed.sql", std::string(kNoClosed.substr(0, select)) + body + "\n");
    desk.deliver_tickets({"a,Closed,2024-05-02,"});
    EXPECT_EQ(desk.run().failed_checks, 1) << body;
    EXPECT_EQ(desk.rows(kResult), "failed|0") << body;
    EXPECT_EQ(desk.rows("select id from operational.tickets"), "a") << body;
  }
}

// Sets of known keys are of a million at most: of more records there are several.
TEST(Checks, KeysThatLeadNowhereAreFoundAmongMillions) {
  auto database = warehouse::Database::open({.path = ":memory:"});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = (*database)->connect();
  ASSERT_TRUE(connection) << connection.error().message;
  // Of every thousandth ticket there is no requester, and one has none.
  ASSERT_TRUE(connection->execute(
      "create schema operational; "
      "create table operational.tickets as select i, surrogate_key('s', i::varchar) as requester_key "
      "from range(2100000) r(i); "
      "create table operational.requesters as select requester_key as key from operational.tickets where i % 1000 > 0; "
      "update operational.tickets set requester_key = null where i = 1000"));
  const std::vector<models::Model> none;
  const models::Runner runner(*connection, **database, none, {}, kNow, kNow);
  CheckContext context(*connection, (*database)->functions(), runner);
  const Check check{
      .name = "lost",
      .entity = "tickets",
      .references = {{.field = "requester_id",
                      .key = "requester_key",
                      .target = "requesters",
                      .each_record = "select i from {{source}} where requester_key in (select key from suspects)"}}};
  const auto body = context.find(check, {.source = "operational.tickets"});
  ASSERT_TRUE(body) << body.error().message;
  ASSERT_TRUE(*body);
  const auto found = connection->scalar("select count(*) from (" + **body + ") where i % 1000 = 0");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 2099);
  EXPECT_EQ(connection->scalar("select count(*) from suspects").value(), 2099);
}

}  // namespace
}  // namespace deskhouse::pipeline
