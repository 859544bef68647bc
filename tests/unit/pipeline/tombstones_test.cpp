// What deletes make of records, with files that each hold all records (docs/decisions/0023).
#include "pipeline/tombstones.h"

#include <algorithm>
#include <map>
#include <random>

#include "desk.h"
#include "pipeline/verify.h"

namespace deskhouse::pipeline {
namespace {

constexpr auto kComplete = "[sources.desk.tickets]\npath = \"tickets.csv\"\nsweep = \"1d\"\n";
constexpr auto kState = "select id, status, is_deleted from operational.tickets order by id";

RunReport sweep(Desk& desk) {
  auto report = run(desk.config(), desk.warehouse(),
                    {.as_of = kNow, .only = {}, .kind = "run", .sweep = true, .accept_deletes = true}, {});
  EXPECT_TRUE(report) << report.error().message;
  return report ? *std::move(report) : RunReport{};
}

TEST(Tombstones, WhatACompleteFileLacksIsDeletedAndWhatItHoldsIsNot) {
  Desk desk(kComplete);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Open,2024-05-02,", "c,Open,2024-05-02,"});
  sweep(desk);
  desk.deliver_tickets({"a,Pending,2024-05-03,", "c,Nonsense,2024-05-03,"});  // c is rejected, and exists
  const auto report = sweep(desk);
  EXPECT_EQ(report.balances[0].deleted, 1);
  EXPECT_TRUE(report.balances[0].balance.holds());
  EXPECT_EQ(desk.rows(kState), "a|Pending|false b|Open|true c|Open|false");
  EXPECT_EQ(desk.rows("select sum(ticket_count)::bigint from core.daily_ticket_summary"), "2");
  desk.deliver_tickets({"b,Open,2024-05-02,", "c,Open,2024-05-02,", "a,Pending,2024-05-03,"});
  EXPECT_EQ(sweep(desk).balances[0].returned, 1);
  EXPECT_EQ(desk.rows(kState), "a|Pending|false b|Open|false c|Open|false");
}

// A record whose id is not readable may be any of those that are missing.
TEST(Tombstones, AFileThatIsNotUnderstoodDeletesNothing) {
  Desk desk(kComplete);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Open,2024-05-02,"});
  sweep(desk);
  desk.write("tickets.csv", std::string(kTicketHeader) + "a,s,Open,High,Mail,r1,2024-05-01,2024-05-02,\n\"b,s\n");
  const auto report = sweep(desk);
  EXPECT_TRUE(report.sweep_refused);
  EXPECT_NE(report.notices.at(0).find("of 1 rejected records it is not known which ones they are"), std::string::npos)
      << report.notices.at(0);
  EXPECT_EQ(desk.rows(kState), "a|Open|false b|Open|false");
  EXPECT_EQ(desk.rows("select status from meta.sweeps order by run_id desc limit 1"), "failed");
}

TEST(Tombstones, ARecordThatTheSourceItselfMarksIsLeftToIt) {
  Desk desk("[sources.desk.tickets]\npath = \"tickets.csv\"\nsweep = \"1d\"\n");
  const auto header = "id,subject,status,priority,category,requester_id,created_at,updated_at,is_deleted\n";
  const auto line = [](const char* id, const char* deleted) {
    return std::string(id) + ",s,Open,High,Mail,r1,2024-05-01,2024-05-02," + deleted + "\n";
  };
  desk.write("tickets.csv", header + line("a", "true") + line("b", "false"));
  sweep(desk);
  desk.write("tickets.csv", header + line("b", "false"));
  EXPECT_EQ(sweep(desk).balances[0].deleted, 0);
  EXPECT_EQ(desk.rows("select id, is_deleted from operational.tickets order by id"), "a|true b|false");
}

TEST(Tombstones, EachSourceIsSweptForItself) {
  Desk desk(
      "[sources.one.tickets]\npath = \"one/tickets.csv\"\nsweep = \"1d\"\n[sources.two.tickets]\npath = "
      "\"two/tickets.csv\"\nsweep = \"1d\"\n");
  const auto deliver = [&](const std::string& source, const std::string& ids) {
    std::string text(kTicketHeader);
    for (const char id : ids) text += std::string(1, id) + ",s,Open,High,Mail,r1,2024-05-01,2024-05-02,\n";
    desk.write(source + "/tickets.csv", text);
  };
  deliver("one", "ab");
  deliver("two", "bc");
  sweep(desk);
  deliver("one", "b");
  deliver("two", "c");
  sweep(desk);
  EXPECT_EQ(desk.rows("select source, id, is_deleted from operational.tickets order by all"),
            "one|a|true one|b|false two|b|true two|c|false");
}

// Whatever was delivered before, in whatever order: a record exists if the last delivery holds it, and says what its
// greatest version says. And the increments leave what a rebuild gives.
TEST(Tombstones, StateDependsOnTheVersionsSeenAndTheLastDeliveryAlone) {
  constexpr std::string_view kStatuses[] = {"Open", "Pending", "Resolved", "Closed"};
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto one_of = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    using Delivery = std::map<std::string, int>;  // id -> version
    std::vector<Delivery> deliveries(4);
    for (auto& delivery : deliveries)
      for (const char* id : {"a", "b", "c", "d", "e", "f"})
        if (one_of(3) > 0) delivery[id] = static_cast<int>(one_of(5));
    std::string first;
    for (int order = 0; order < 3; ++order) {
      Desk desk(kComplete);
      for (const auto& delivery : deliveries) {
        std::vector<std::string> lines;
        for (const auto& [id, version] : delivery)
          lines.push_back(id + "," + std::string(kStatuses[version % 4]) + ",2024-05-0" + std::to_string(version + 1) +
                          ",");
        desk.deliver_tickets(lines);
        sweep(desk);
      }
      std::string expected;
      for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
        int greatest = -1;
        for (const auto& d : deliveries)
          if (d.contains(id)) greatest = std::max(greatest, d.at(id));
        if (greatest < 0) continue;
        expected += (expected.empty() ? "" : " ") + std::string(id) + "|" + std::string(kStatuses[greatest % 4]) + "|" +
                    (deliveries.back().contains(id) ? "false" : "true");
      }
      EXPECT_EQ(desk.rows(kState), expected);
      const auto history = desk.rows(
          "select ticket_id, status, event_at from operational.ticket_events where event_type = 'version' order by "
          "all");
      if (first.empty()) first = history + ".";
      EXPECT_EQ(history + ".", first) << "marks leave no trace in the history of versions";
      const auto facts = "select ticket_id, status, is_deleted, is_open from core.fact_tickets order by all";
      const auto summary = "select * from core.daily_ticket_summary order by all";
      const auto kept = desk.rows(facts) + desk.rows(summary);
      const auto rebuilt = rebuild(desk.config(), desk.warehouse(), {});
      ASSERT_TRUE(rebuilt) << rebuilt.error().message;
      EXPECT_EQ(desk.rows(facts) + desk.rows(summary), kept);
      std::shuffle(deliveries.begin(), deliveries.end() - 1, random);  // the last one stays the last
    }
  }
}

}  // namespace
}  // namespace deskhouse::pipeline
