#include "core/history.h"

#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

History read(const std::vector<Observation>& observations) {
  History history;
  read_history(observations, history);
  return history;
}

std::vector<std::string> span_texts(const History& history) {
  std::vector<std::string> texts;
  for (const auto& span : history.spans)
    texts.push_back(std::string(span.status) + " " + std::to_string(span.from.us) + "-" +
                    (span.to ? std::to_string(span.to->us) : ""));
  return texts;
}
using Texts = std::vector<std::string>;

Observation status(std::int64_t us, std::string_view name) {
  return status_at(Timestamp{us}, name);
}
Observation agent(std::int64_t us, std::string_view name) {
  return agent_at(Timestamp{us}, name);
}
Observation group(std::int64_t us, std::string_view name) {
  return group_at(Timestamp{us}, name);
}

TEST(History, OfNothingIsEmpty) {
  const auto history = read({});
  EXPECT_TRUE(history.spans.empty());
  EXPECT_EQ(history.reopen_count, 0);
  EXPECT_EQ(history.reassignment_count, 0);
  EXPECT_FALSE(history.has_agents);
  EXPECT_FALSE(history.has_groups);
}

TEST(History, MergesEqualNeighbours) {
  const auto history = read({status(1, "Open"), status(2, "Open"), agent(3, "a"), status(4, "Pending"),
                             status(6, "Pending"), status(9, "Resolved")});
  EXPECT_EQ(span_texts(history), (Texts{"Open 1-4", "Pending 4-9", "Resolved 9-"}));
}

TEST(History, StatusHeldForNoTimeLeavesNoSpan) {
  EXPECT_EQ(span_texts(read({status(1, "Open"), status(5, "Pending"), status(5, "Open"), status(8, "Closed")})),
            (Texts{"Open 1-8", "Closed 8-"}));
  EXPECT_EQ(span_texts(read({status(1, "Open"), status(1, "Pending"), status(3, "Open")})),
            (Texts{"Pending 1-3", "Open 3-"}));
  EXPECT_EQ(span_texts(read({status(1, "Open"), status(1, "Pending")})), (Texts{"Pending 1-"}));
}

TEST(History, ReopeningIsFromResolvedOrClosedToOpenOrPending) {
  EXPECT_EQ(
      read({status(1, "Open"), status(2, "Resolved"), status(3, "Open"), status(4, "Closed"), status(5, "Pending")})
          .reopen_count,
      2);
  EXPECT_EQ(read({status(1, "Open"), status(2, "Resolved"), status(3, "Closed")}).reopen_count, 0);
  EXPECT_EQ(read({status(1, "Open"), status(2, "Pending"), status(3, "Open")}).reopen_count, 0);
  // It happened, even if it was over in the same instant.
  EXPECT_EQ(read({status(1, "Resolved"), status(2, "Open"), status(2, "Resolved")}).reopen_count, 1);
}

TEST(History, ReassignmentIsFromOneAgentToAnother) {
  EXPECT_EQ(read({agent(1, "a"), agent(2, "b"), agent(3, "a")}).reassignment_count, 2);
  EXPECT_EQ(read({agent(1, "a"), agent(2, "a")}).reassignment_count, 0);
  EXPECT_EQ(read({agent(1, "a"), agent(2, ""), agent(3, "a")}).reassignment_count, 0);  // nobody in between
  EXPECT_EQ(read({agent(1, "a"), agent(2, ""), agent(3, "b")}).reassignment_count, 1);
  EXPECT_EQ(read({agent(1, ""), agent(2, "a")}).reassignment_count, 0);  // the first assignment
}

TEST(History, GroupsCountOnlyWhereNoAgentIsNamed) {
  const auto by_group = read({group(1, "x"), agent(2, ""), group(3, "y"), group(4, "z")});
  EXPECT_EQ(by_group.reassignment_count, 2);
  EXPECT_FALSE(by_group.has_agents);
  EXPECT_TRUE(by_group.has_groups);
  const auto by_agent = read({group(1, "x"), group(2, "y"), agent(3, "a")});
  EXPECT_EQ(by_agent.reassignment_count, 0);
  EXPECT_TRUE(by_agent.has_agents);
}

TEST(History, ReusedScratchForgetsTheLastTicket) {
  History history;
  const std::vector<Observation> first = {status(1, "Resolved"), status(2, "Open"), agent(3, "a"), agent(4, "b"),
                                          group(5, "x")};
  read_history(first, history);
  ASSERT_EQ(history.reopen_count, 1);
  const std::vector<Observation> second = {status(1, "Open")};
  read_history(second, history);
  EXPECT_EQ(span_texts(history), (Texts{"Open 1-"}));
  EXPECT_EQ(history.reopen_count, 0);
  EXPECT_EQ(history.reassignment_count, 0);
  EXPECT_FALSE(history.has_agents);
  EXPECT_FALSE(history.has_groups);
}

TEST(HolderAt, IsTheLastStatedAtOrBefore) {
  const std::vector<Observation> seen = {status(1, "Open"), agent(2, "a"), status(3, "Pending"),
                                         agent(5, ""),      agent(7, "b"), agent(7, "c")};
  EXPECT_EQ(holder_at(seen, Timestamp{1}), std::nullopt);
  EXPECT_EQ(holder_at(seen, Timestamp{2}), "a");
  EXPECT_EQ(holder_at(seen, Timestamp{4}), "a");
  EXPECT_EQ(holder_at(seen, Timestamp{6}), "");
  EXPECT_EQ(holder_at(seen, Timestamp{7}), "c");
  EXPECT_EQ(holder_at(seen, Timestamp{99}), "c");
}

}  // namespace
}  // namespace deskhouse::core
