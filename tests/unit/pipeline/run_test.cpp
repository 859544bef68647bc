// Whole runs: what a change of deskhouse.toml, an error, or a list of entities makes of them.
#include "pipeline/run.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

constexpr auto kBreached = "select ticket_id, sla_breached from core.fact_tickets order by 1";

TEST(Run, AChangedPolicyIsFollowedWithoutNewData) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-01,"});
  constexpr Timestamp kSixHours{1'714'521'600'000'000 + 6 * kMicrosPerHour};  // since 2024-05-01
  desk.run(kSixHours);
  EXPECT_EQ(desk.rows(kBreached), "a|false");  // High: 8 h
  desk.reconfigure(std::string(kTickets) + "[sla.targets]\nHigh = { resolution = \"5h\" }\n");
  EXPECT_EQ(balance_of(desk.run(kSixHours)), "0 1 0 0 0");
  EXPECT_EQ(desk.rows(kBreached), "a|true");
  EXPECT_EQ(desk.rows("select resolution_target_hours from core.dim_priority where name = 'High'"), "5");
}

TEST(Run, OnlyTheNamedEntitiesAreExtracted) {
  Desk desk(std::string(kTickets) + "[sources.desk.groups]\npath = \"groups.csv\"\n");
  desk.deliver_tickets({"a,Open,2024-05-01,"});
  desk.write("groups.csv", "id,name\ng1,Desk\n");
  const auto report =
      run(desk.config(), desk.warehouse(), {.as_of = kNow, .whole = false, .only = {"groups"}, .kind = "run"}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(balance_of(*report), "1 0 0 0 0");
  EXPECT_EQ(desk.rows("select count(*) from operational.tickets"), "0");
}

TEST(Run, AnErrorLeavesWhatWasThere) {
  Desk desk(std::string(kTickets) + "[sources.desk.surveys]\npath = \"surveys.csv\"\n");
  desk.deliver_tickets({"a,Open,2024-05-01,"});
  desk.write("surveys.csv", "id,ticket_id,score,max_score,responded_at\n");
  desk.run();
  const auto state = desk.rows("select as_of, data_version from meta.state");
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Lost,2024-05-02,"});
  std::filesystem::remove(desk.folder() / "surveys.csv");
  ASSERT_FALSE(desk.try_run(Timestamp{kNow.us + 1}));
  EXPECT_EQ(desk.rows("select id, status from operational.tickets"), "a|Open");
  EXPECT_EQ(desk.rows("select as_of, data_version from meta.state"), state);
  EXPECT_EQ(desk.rows("select count(*) from staging.quarantine"), "0");  // the next run brings it again
  EXPECT_EQ(desk.rows("select status from meta.runs order by run_id"), "succeeded failed");

  desk.write("surveys.csv", "id,ticket_id,score,max_score,responded_at\n");
  desk.run();
  EXPECT_EQ(desk.rows("select id, status from operational.tickets"), "a|Closed");
  EXPECT_EQ(desk.rows("select record_id, run_id from staging.quarantine"), "b|3");
}

TEST(Run, ARebuildGivesWhatTheIncrementsLeft) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-01,", "b,Open,2024-05-01,"});
  desk.run();
  desk.deliver_tickets({"a,Closed,2024-05-03,"});
  desk.run();
  constexpr auto kAll =
      "select bit_xor(hash(t)) from core.fact_tickets_stored t union all select bit_xor(hash(t)) from "
      "core.ticket_spans t";
  const auto before = desk.rows(kAll);
  const auto report = rebuild(desk.config(), desk.warehouse(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(desk.rows(kAll), before);
  EXPECT_EQ(desk.rows("select kind, status from meta.runs where run_id = 3"), "rebuild|succeeded");
}

}  // namespace
}  // namespace deskhouse::pipeline
