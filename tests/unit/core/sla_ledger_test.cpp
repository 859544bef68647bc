#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

using Lines = std::vector<std::string>;

Lines lines(const TicketInput& ticket, const SlaPolicies& policies, const std::string& as_of) {
  static constexpr const char* kKinds[] = {"counted", "stopped", "closed"};
  Lines texts;
  for (const auto& line : sla_ledger(ticket, policies, at(as_of)))
    texts.push_back(to_string(line.from).substr(5, 11) + " " + to_string(line.to).substr(5, 11) + " " +
                    kKinds[static_cast<int>(line.kind)] + " " + std::string(line.status) + " " +
                    std::to_string(line.elapsed_us / kMicrosPerMinute));
  return texts;
}

TicketInput created(const std::string& when) {
  TicketInput input;
  input.status = "Open";
  input.priority = "High";
  input.created_at = at(when);
  return input;
}

SlaPolicies in_office() {
  auto policy = SlaPolicies().policies().front();
  policy.calendar = shared(office("UTC"));
  return SlaPolicies({policy});
}

TEST(SlaLedger, WithoutHistoryAlwaysOpenIsOneLine) {
  EXPECT_EQ(lines(created("2024-03-04T09:00:00Z"), {}, "2024-03-05T09:00:00Z"),
            (Lines{"03-04T09:00 03-05T09:00 counted  1440"}));
}

TEST(SlaLedger, ShowsClosedStoppedAndCountedSpans) {
  const std::vector<Observation> history = {
      status_at(at("2024-03-04T08:30:00Z"), "Open"), status_at(at("2024-03-04T12:00:00Z"), "Pending"),
      status_at(at("2024-03-04T18:00:00Z"), "Open"), status_at(at("2024-03-05T10:00:00Z"), "Resolved")};
  auto ticket = created("2024-03-04T08:00:00Z");
  ticket.resolved_at = at("2024-03-05T10:30:00Z");
  ticket.history = history;
  EXPECT_EQ(lines(ticket, in_office(), "2024-04-01T00:00:00Z"),
            (Lines{"03-04T08:00 03-04T08:30 closed  0", "03-04T08:30 03-04T09:00 closed Open 0",
                   "03-04T09:00 03-04T12:00 counted Open 180", "03-04T12:00 03-04T18:00 stopped Pending 180",
                   "03-04T18:00 03-05T09:00 closed Open 180", "03-05T09:00 03-05T10:00 counted Open 240",
                   // resolved_at, not the last status, says when it was resolved
                   "03-05T10:00 03-05T10:30 counted Resolved 270"}));
}

TEST(SlaLedger, UnresolvedRunsToNowAndStandsStillWhilePending) {
  const std::vector<Observation> history = {status_at(at("2024-03-04T12:00:00Z"), "Pending")};
  auto ticket = created("2024-03-04T10:00:00Z");
  ticket.history = history;
  EXPECT_EQ(lines(ticket, {}, "2024-03-06T00:00:00Z"),
            (Lines{"03-04T10:00 03-04T12:00 counted  120", "03-04T12:00 03-06T00:00 stopped Pending 120"}));
}

TEST(SlaLedger, IsEmptyWhereNoTimePassed) {
  auto ticket = created("2024-03-04T10:00:00Z");
  EXPECT_TRUE(lines(ticket, {}, "2024-03-04T10:00:00Z").empty());
  EXPECT_TRUE(lines(ticket, {}, "2024-03-01T00:00:00Z").empty());
  ticket.resolved_at = at("2024-03-04T09:59:00Z");
  EXPECT_TRUE(lines(ticket, {}, "2024-03-06T00:00:00Z").empty());
}

}  // namespace
}  // namespace deskhouse::core
