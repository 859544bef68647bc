#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

SlaPolicy policy(std::string name, std::array<std::optional<int>, 4> resolution_hours) {
  SlaPolicy made;
  made.name = std::move(name);
  for (std::size_t rank = 0; rank < 4; ++rank)
    if (resolution_hours[rank]) made.by_priority[rank] = SlaTarget{hours(1), hours(*resolution_hours[rank])};
  return made;
}

constexpr std::optional<int> kNone;

TEST(PriorityRank, KnowsTheFourNames) {
  EXPECT_EQ(priority_rank("Low"), 0);
  EXPECT_EQ(priority_rank("Medium"), 1);
  EXPECT_EQ(priority_rank("High"), 2);
  EXPECT_EQ(priority_rank("Critical"), 3);
  for (const auto* other : {"", "low", "Loww", "LOW", "Urgent", "Midium", "Huge", "Critikal", "Medium "})
    EXPECT_FALSE(priority_rank(other)) << other;
}

TEST(SlaPolicies, DefaultIsThatOfTheSpecification) {
  const SlaPolicies policies;
  const int expected_hours[] = {72, 24, 8, 4};
  const char* names[] = {"Low", "Medium", "High", "Critical"};
  for (int rank = 0; rank < 4; ++rank) {
    const auto choice = policies.choose(names[rank], "any group", "any category", "");
    EXPECT_EQ(choice.target.resolution_us, hours(expected_hours[rank]));
    EXPECT_EQ(choice.target.response_us, hours(expected_hours[rank]) / 4);
    EXPECT_TRUE(choice.policy->calendar->always_open());
    EXPECT_EQ(choice.policy->stop_statuses, (std::vector<std::string>{"Pending", "Resolved", "Closed"}));
    EXPECT_EQ(policies.default_target(rank).resolution_us, hours(expected_hours[rank]));
  }
  EXPECT_EQ(policies.choose("Urgent!", "", "", "").target.resolution_us, hours(24));  // as Medium
}

TEST(SlaPolicies, FirstThatAppliesAndHasATargetWins) {
  auto network = policy("network", {kNone, kNone, 6, 2});
  network.groups = {"g1", "g2"};
  network.categories = {"Network"};
  auto requests = policy("requests", {100, 100, 100, 100});
  requests.types = {"Service Request"};
  const SlaPolicies policies({network, requests, policy("rest", {kNone, 30, kNone, kNone})});
  const auto chosen = [&](std::string_view priority, std::string_view group, std::string_view category,
                          std::string_view type) {
    const auto choice = policies.choose(priority, group, category, type);
    return choice.policy->name + " " + std::to_string(choice.target.resolution_us / kMicrosPerHour);
  };
  EXPECT_EQ(chosen("High", "g2", "Network", "Service Request"), "network 6");
  EXPECT_EQ(chosen("Low", "g2", "Network", "Service Request"),
            "requests 100");                                            // no target there: falls through
  EXPECT_EQ(chosen("High", "g3", "Network", "Incident"), "default 8");  // all lists must contain it
  EXPECT_EQ(chosen("High", "g1", "Hardware", ""), "default 8");
  EXPECT_EQ(chosen("High", "", "Network", ""), "default 8");
  EXPECT_EQ(chosen("Medium", "g1", "Network", "Incident"), "rest 30");
}

TEST(SlaPolicies, DefaultIsAppendedUnlessTheLastCoversAll) {
  EXPECT_EQ(SlaPolicies({policy("all", {1, 2, 3, 4})}).policies().size(), 1u);
  EXPECT_EQ(SlaPolicies({policy("part", {1, kNone, 3, 4})}).policies().size(), 2u);
  auto conditional = policy("some", {1, 2, 3, 4});
  conditional.types = {"Incident"};
  EXPECT_EQ(SlaPolicies({conditional}).policies().size(), 2u);
}

TEST(SlaPolicies, DefaultTargetIsThatOfTicketsWithoutACondition) {
  auto conditional = policy("some", {1, 1, 1, 1});
  conditional.groups = {"g"};
  const SlaPolicies policies({conditional, policy("own", {kNone, 40, kNone, kNone})});
  EXPECT_EQ(policies.default_target(0).resolution_us, hours(72));
  EXPECT_EQ(policies.default_target(1).resolution_us, hours(40));
}

}  // namespace
}  // namespace deskhouse::core
