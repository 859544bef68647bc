#include "pipeline/stored_checks.h"

#include <algorithm>

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr std::string_view kHeader =
    "-- severity: warn\n-- entity: tickets\n-- description: d\n-- what_to_do: Open it.\n";
constexpr std::string_view kClosed =
    "select id, 'status' as field, status as value, 'is closed' as message from {{source}} where {{changed(key)}} and "
    "status = 'Closed' -- the last word";

std::string named(const std::string& name, std::string_view body) {
  return "-- name: " + name + "\n" + std::string(kHeader) + std::string(body);
}

TEST(StoredChecks, LookAtAllThatIsStoredAndWriteNothing) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Closed,2024-05-02,", "c,Open,2024-05-02,"});
  desk.run();
  desk.write("checks/own_closed.sql", named("own_closed", kClosed));
  desk.write("checks/own_broken.sql", named("own_broken", "select id from {{source}} where subject::integer = 1"));
  const auto before = desk.rows("select count(*) from meta.violations");
  const auto found = check_stored(desk.config(), desk.warehouse(), {"own_*"}, 1);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].status(), "failed");
  EXPECT_FALSE((*found)[0].error.empty());
  EXPECT_EQ((*found)[1].violations, 2);
  ASSERT_EQ((*found)[1].examples.size(), 1u);
  EXPECT_EQ((*found)[1].examples[0][0], "a");
  EXPECT_EQ(desk.rows("select count(*) from meta.violations"), before);
}

TEST(StoredChecks, TheBuiltInOnesAllRun) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  const auto found = check_stored(desk.config(), desk.warehouse(), {}, 5);
  ASSERT_TRUE(found) << found.error().message;
  for (const auto& stored : *found) EXPECT_EQ(stored.error, "") << stored.check.name;
}

constexpr auto kSumsFound =
    "select run_id, field, value, message from meta.violations where check_name = 'tickets_reconcile' order by all";

TEST(StoredChecks, SumsThatLostATicketDoNotReconcileAtTheNextRun) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Open,2024-05-02,"});
  desk.run();
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Closed,2024-05-03,", "c,Open,2024-05-03,"});
  desk.run();
  EXPECT_EQ(desk.rows(kSumsFound), "");
  desk.execute("update core.daily_ticket_summary set ticket_count = ticket_count - 1");
  const auto found = check_stored(desk.config(), desk.warehouse(), {"tickets_reconcile"}, 5);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)[0].violations, 1) << (*found)[0].error;
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Closed,2024-05-03,", "c,Closed,2024-05-04,"});
  desk.run();
  EXPECT_EQ(desk.rows(kSumsFound), "3|core.daily_ticket_summary|2|core.daily_ticket_summary counts 2 tickets, not 3");
}

TEST(StoredChecks, APatternThatMatchesNothingAndAnEmptyWarehouseAreErrors) {
  Desk desk(kTickets);
  const auto empty = check_stored(desk.config(), desk.warehouse(), {}, 5);
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("no run has succeeded"), std::string::npos) << empty.error().message;
  const auto unknown = check_stored(desk.config(), desk.warehouse(), {"nosuch"}, 5);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, Error::Kind::usage);
}

}  // namespace
}  // namespace deskhouse::pipeline
