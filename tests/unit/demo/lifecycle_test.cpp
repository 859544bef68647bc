#include "demo/lifecycle.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "demo_folder.h"

namespace deskhouse::demo::test {
namespace {

Options clean_options(std::int64_t tickets) {
  Options options;
  options.folder = "unused";
  options.tickets = tickets;
  options.flaws = false;
  return options;
}

TEST(Lifecycle, StepsGoForwardInTimeAndEndBeforeTheEnd) {
  const World world(clean_options(20'000));
  for (std::int64_t i = 0; i < world.tickets; ++i) {
    const Life life = make_life(world, i);
    ASSERT_GE(life.count, 1u);
    ASSERT_EQ(life.step[0].kind, StepKind::created);
    for (std::size_t s = 1; s < life.count; ++s) ASSERT_GT(life.step[s].at_s, life.step[s - 1].at_s) << i;
    ASSERT_LE(life.step[life.count - 1].at_s, world.end_s);
    ASSERT_GE(life.step[0].at_s, world.start_s);
  }
}

TEST(Lifecycle, SharesAreThoseOfTheDocumentation) {
  const World world(clean_options(40'000));
  std::map<int, int> priority;
  double open = 0, recent = 0, reopened = 0, eventful = 0, resolved = 0;
  for (std::int64_t i = 0; i < world.tickets; ++i) {
    const State state = state_after(make_life(world, i).steps());
    ++priority[state.last.priority];
    if (state.last.state < TicketState::resolved) ++open, recent += state.created_s > world.end_s - 120 * kDay;
    resolved += state.resolved_s >= 0;
    reopened += state.reopened > 0;
    eventful += state.is_eventful;
  }
  const auto total = static_cast<double>(world.tickets);
  EXPECT_NEAR(open / total, 0.04, 0.008);
  EXPECT_GT(recent / open, 0.6);
  EXPECT_NEAR(reopened / total, 0.05, 0.006);
  EXPECT_NEAR(eventful / total, 0.31, 0.03);
  EXPECT_NEAR(priority[0] / total, 0.49, 0.02);
  EXPECT_NEAR(priority[1] / total, 0.345, 0.02);
  EXPECT_NEAR(priority[2] / total, 0.115, 0.015);
  EXPECT_NEAR(priority[3] / total, 0.042, 0.01);
}

TEST(Lifecycle, AReassignmentChangesTheAgent) {
  const World world(clean_options(5'000));
  int seen = 0;
  for (std::int64_t i = 0; i < world.tickets; ++i) {
    const Life life = make_life(world, i);
    for (std::size_t s = 1; s < life.count; ++s) {
      if (life.step[s].kind != StepKind::reassigned) continue;
      ++seen;
      ASSERT_NE(life.step[s].agent, life.step[s - 1].agent) << i;
    }
  }
  EXPECT_GT(seen, 300);
}

TEST(Lifecycle, FlawsThatNeedAResolvedTicketHaveOne) {
  auto options = clean_options(20'000);
  options.flaws = true;
  const World world(options);
  int seen = 0;
  for (std::int64_t i = 0; i < world.tickets; ++i) {
    const Life life = make_life(world, i);
    if (!is_bare(life.flaw) && life.flaw != Flaw::older_version) continue;
    ++seen;
    const State state = state_after(life.steps());
    ASSERT_GE(state.resolved_s, 0) << i;
    ASSERT_FALSE(state.is_eventful) << i;
  }
  EXPECT_EQ(seen, 20'000 * (500 + 200 + 100 + 20 + 20) / 100'000 + 5 + 6);
}

// The files against each other: the log's last word is the ticket's state.
TEST(Lifecycle, TheEventLogAgreesWithTheTickets) {
  const DemoFolder folder("log");
  auto options = folder.options(6'000);
  options.flaws = false;
  ASSERT_TRUE(generate(options));
  struct Told {
    std::string status, agent, group, resolved, updated, responded;
    int reopened = 0, reassigned = 0;
  };
  std::map<std::string, Told> told;
  const Rows events(folder.path() / "ticket_events.csv");
  for (const auto& row : events.rows) {
    Told& t = told[events.at(row, "ticket_id")];
    const auto& at = events.at(row, "event_at");
    const auto& status = events.at(row, "status");
    ASSERT_LT(t.updated, at);
    t.updated = at;
    if (events.at(row, "event_type") == "responded") t.responded = at;
    if (status == "Resolved") t.resolved = at;
    if (status == "In Progress" && (t.status == "Resolved" || t.status == "Closed")) ++t.reopened, t.resolved.clear();
    if (!status.empty()) t.status = status;
    const auto& agent = events.at(row, "assigned_to");
    if (!agent.empty() && !t.agent.empty() && agent != t.agent) ++t.reassigned;
    if (!agent.empty()) t.agent = agent;
    if (const auto& group = events.at(row, "group_id"); !group.empty()) t.group = group;
  }
  const Rows tickets = read_tickets(folder.path());
  std::size_t compared = 0;
  for (const auto& row : tickets.rows) {
    const auto found = told.find(tickets.at(row, "Number"));
    const bool counted = tickets.at(row, "Reopen count") != "0" || tickets.at(row, "Reassignment count") != "0";
    if (found == told.end()) {
      ASSERT_FALSE(counted || tickets.at(row, "State") == "On Hold") << "eventful tickets have a log";
      continue;
    }
    ++compared;
    const Told& t = found->second;
    EXPECT_EQ(tickets.at(row, "State"), t.status);
    EXPECT_EQ(tickets.at(row, "Assigned to"), t.agent);
    EXPECT_EQ(tickets.at(row, "Assignment group"), t.group);
    EXPECT_EQ(tickets.at(row, "Resolved"), t.resolved);
    EXPECT_EQ(tickets.at(row, "Updated"), t.updated);
    EXPECT_EQ(tickets.at(row, "First response"), t.responded);
    EXPECT_EQ(tickets.at(row, "Reopen count"), std::to_string(t.reopened));
    EXPECT_EQ(tickets.at(row, "Reassignment count"), std::to_string(t.reassigned));
  }
  EXPECT_EQ(compared, told.size());
  EXPECT_GT(compared, 1'500u);
}

TEST(Lifecycle, SurveysFollowTheResolutionAndWorkPrecedesIt) {
  const DemoFolder folder("children");
  auto options = folder.options(6'000);
  options.flaws = false;
  ASSERT_TRUE(generate(options));
  const Rows tickets = read_tickets(folder.path()), surveys(folder.path() / "surveys.csv"),
             entries(folder.path() / "time_entries.csv");
  std::map<std::string, const Record*> by_id;
  double resolved = 0;
  for (const auto& row : tickets.rows) {
    by_id[row[0]] = &row;
    resolved += !tickets.at(row, "Resolved").empty();
  }
  for (const auto& row : surveys.rows) {
    const Record& ticket = *by_id.at(surveys.at(row, "ticket_id"));
    ASSERT_FALSE(tickets.at(ticket, "Resolved").empty());
    ASSERT_GT(surveys.at(row, "responded_at"), tickets.at(ticket, "Resolved"));
    ASSERT_LE(surveys.at(row, "responded_at"), to_string(options.end));
  }
  EXPECT_NEAR(static_cast<double>(surveys.rows.size()) / resolved, 0.25, 0.03);
  for (const auto& row : entries.rows) {
    const Record& ticket = *by_id.at(entries.at(row, "ticket_id"));
    const auto& until = tickets.at(ticket, "Resolved");
    ASSERT_GE(entries.at(row, "worked_on"), tickets.at(ticket, "First response"));
    ASSERT_LE(entries.at(row, "worked_on"), until.empty() ? tickets.at(ticket, "Updated") : until);
    if (tickets.at(ticket, "Reassignment count") == "0") {
      ASSERT_EQ(entries.at(row, "agent_id"), tickets.at(ticket, "Assigned to"));
    }
  }
  EXPECT_NEAR(static_cast<double>(entries.rows.size()) / 6'000, 0.78, 0.05);
}

}  // namespace
}  // namespace deskhouse::demo::test
