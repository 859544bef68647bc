#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

const std::string kCreated = "2024-03-04T09:00:00Z";  // a Monday
const std::string kAsOf = "2024-06-01T00:00:00Z";

// A High ticket (8 h, response 2 h) of the default policy.
TicketInput ticket() {
  TicketInput input;
  input.status = "Open";
  input.priority = "High";
  input.category = "General";
  input.created_at = at(kCreated);
  return input;
}

TicketInput resolved(const std::string& when) {
  auto input = ticket();
  input.status = "Resolved";
  input.resolved_at = at(when);
  return input;
}

TicketMeasures measure(const TicketInput& input, const SlaPolicies& policies = {}, const std::string& as_of = kAsOf) {
  MeasureScratch scratch;
  return measure_ticket(input, policies, at(as_of), scratch);
}

SlaPolicies with_calendar(std::shared_ptr<const Calendar> calendar) {
  auto policy = SlaPolicies().policies().front();
  policy.calendar = std::move(calendar);
  return SlaPolicies({policy});
}

std::string text(const std::optional<Timestamp>& t) {
  return t ? to_string(*t) : "NULL";
}

TEST(TicketMeasures, OfAResolvedTicketAreExact) {
  auto input = resolved("2024-03-04T12:59:00Z");
  input.first_response_at = at("2024-03-04T09:00:30Z");
  const auto m = measure(input);
  EXPECT_EQ(m.first_response_minutes, 0.5);
  EXPECT_EQ(m.resolution_hours, 239.0 / 60.0);
  EXPECT_EQ(m.business_resolution_hours, m.resolution_hours);
  EXPECT_EQ(text(m.due_at), "2024-03-04T17:00:00Z");
  EXPECT_EQ(text(m.response_due_at), "2024-03-04T11:00:00Z");
  EXPECT_EQ(m.sla_breached, false);
  EXPECT_EQ(m.response_breached, false);
  EXPECT_FALSE(m.is_open);
}

TEST(TicketMeasures, ExactlyAtTheTargetIsInTime) {
  EXPECT_EQ(measure(resolved("2024-03-04T17:00:00Z")).sla_breached, false);
  EXPECT_EQ(measure(resolved("2024-03-04T17:00:00.000001Z")).sla_breached, true);
  auto input = ticket();
  input.first_response_at = at("2024-03-04T11:00:00Z");
  EXPECT_EQ(measure(input).response_breached, false);
  input.first_response_at = at("2024-03-04T11:00:00.000001Z");
  EXPECT_EQ(measure(input).response_breached, true);
  EXPECT_EQ(measure(ticket(), {}, "2024-03-04T17:00:00Z").sla_breached, false);
  EXPECT_EQ(measure(ticket(), {}, "2024-03-04T17:00:00.000001Z").sla_breached, true);
}

TEST(TicketMeasures, UnresolvedTurnsWithNowAlone) {
  const auto before = measure(ticket(), {}, "2024-03-04T16:00:00Z");
  const auto after = measure(ticket(), {}, "2024-03-04T18:00:00Z");
  EXPECT_EQ(before.sla_breached, false);
  EXPECT_EQ(after.sla_breached, true);
  EXPECT_EQ(before.due_at, after.due_at);
  EXPECT_EQ(before.breach_after, after.breach_after);
  EXPECT_FALSE(after.resolution_hours);
  EXPECT_FALSE(after.business_resolution_hours);
  EXPECT_TRUE(after.is_open);
  EXPECT_EQ(measure(ticket(), {}, "2024-03-01T00:00:00Z").sla_breached, false);  // as of before it existed
}

TEST(TicketMeasures, ResolvedBeforeCreatedIsNeitherMetNorBreached) {
  const auto m = measure(resolved("2024-03-04T08:59:59Z"));
  EXPECT_FALSE(m.resolution_hours);
  EXPECT_FALSE(m.business_resolution_hours);
  EXPECT_FALSE(m.sla_breached);
  EXPECT_FALSE(m.response_breached);  // unanswered, so it too ends at resolved_at
  EXPECT_FALSE(m.breach_agent_id);
}

TEST(TicketMeasures, ResolvedAsCreatedTookNoTime) {
  const auto m = measure(resolved(kCreated));
  EXPECT_EQ(m.resolution_hours, 0.0);
  EXPECT_EQ(m.business_resolution_hours, 0.0);
  EXPECT_EQ(m.sla_breached, false);
}

TEST(TicketMeasures, AnsweredBeforeCreatedSpoilsTheResponseOnly) {
  auto input = resolved("2024-03-04T20:00:00Z");
  input.first_response_at = at("2024-03-04T08:00:00Z");
  const auto m = measure(input);
  EXPECT_FALSE(m.first_response_minutes);
  EXPECT_FALSE(m.response_breached);
  EXPECT_EQ(m.resolution_hours, 11.0);
  EXPECT_EQ(m.sla_breached, true);
}

TEST(TicketMeasures, UnansweredRunsToResolvedElseToNow) {
  EXPECT_EQ(measure(resolved("2024-03-04T10:59:00Z")).response_breached, false);
  EXPECT_EQ(measure(resolved("2024-03-04T11:01:00Z")).response_breached, true);
  EXPECT_FALSE(measure(resolved("2024-03-04T11:01:00Z")).first_response_minutes);
  EXPECT_EQ(measure(ticket(), {}, "2024-03-04T10:59:00Z").response_breached, false);
  EXPECT_EQ(measure(ticket(), {}, "2024-03-04T11:01:00Z").response_breached, true);
}

TEST(TicketMeasures, LatePriorityChangeIsCountedFromCreated) {
  auto input = resolved("2024-03-04T14:00:00Z");  // five hours
  EXPECT_EQ(measure(input).sla_breached, false);
  input.priority = "Critical";  // whenever it became that: the current priority's 4 h from created_at
  EXPECT_EQ(measure(input).sla_breached, true);
  EXPECT_EQ(text(measure(input).due_at), "2024-03-04T13:00:00Z");
}

TEST(TicketMeasures, OfficeHoursOnlyCount) {
  const auto policies = with_calendar(shared(office("UTC")));
  auto input = resolved("2024-03-05T10:00:00Z");
  input.created_at = at("2024-03-04T16:00:00Z");
  const auto m = measure(input, policies);
  EXPECT_EQ(m.resolution_hours, 18.0);
  EXPECT_EQ(m.business_resolution_hours, 2.0);
  EXPECT_EQ(text(m.due_at), "2024-03-05T16:00:00Z");
  EXPECT_EQ(text(m.response_due_at), "2024-03-05T10:00:00Z");
  EXPECT_EQ(m.sla_breached, false);
}

TEST(TicketMeasures, TargetUsedUpAtClosingTimeIsExceededWhenItOpens) {
  const auto policies = with_calendar(shared(office("UTC")));
  const auto overnight = measure(resolved("2024-03-04T22:00:00Z"), policies);
  EXPECT_EQ(text(overnight.due_at), "2024-03-04T17:00:00Z");
  EXPECT_EQ(text(overnight.breach_after), "2024-03-05T09:00:00Z");
  EXPECT_EQ(overnight.business_resolution_hours, 8.0);
  EXPECT_EQ(overnight.sla_breached, false);
  EXPECT_EQ(measure(resolved("2024-03-05T09:00:00Z"), policies).sla_breached, false);
  EXPECT_EQ(measure(resolved("2024-03-05T09:00:00.000001Z"), policies).sla_breached, true);
}

TEST(TicketMeasures, DeadlineFollowsTheWallThroughTheChangeOfClocks) {
  const auto policies = with_calendar(shared(office("America/New_York")));
  auto input = resolved("2024-03-11T19:00:00Z");
  input.created_at = at("2024-03-08T19:00:00Z");  // Friday 14:00 EST
  const auto m = measure(input, policies);
  EXPECT_EQ(text(m.due_at), "2024-03-11T18:00:00Z");  // Monday 14:00 EDT: three hours and five
  EXPECT_EQ(m.business_resolution_hours, 9.0);
  EXPECT_EQ(m.sla_breached, true);
}

TEST(TicketMeasures, ClockStandsStillWhilePending) {
  const std::vector<Observation> history = {
      status_at(at("2024-03-04T09:00:00Z"), "Open"), status_at(at("2024-03-04T10:00:00Z"), "Pending"),
      status_at(at("2024-03-04T15:00:00Z"), "Open"), status_at(at("2024-03-04T20:00:00Z"), "Resolved")};
  auto input = resolved("2024-03-04T20:00:00Z");
  EXPECT_EQ(measure(input).sla_breached, true);  // without history no pause
  input.history = history;
  const auto m = measure(input);
  EXPECT_EQ(m.resolution_hours, 11.0);
  EXPECT_EQ(m.business_resolution_hours, 6.0);
  EXPECT_EQ(text(m.due_at), "2024-03-04T22:00:00Z");
  EXPECT_EQ(text(m.response_due_at), "2024-03-04T16:00:00Z");
  EXPECT_EQ(m.sla_breached, false);

  auto policy = SlaPolicies().policies().front();
  policy.stop_statuses = {};
  EXPECT_EQ(measure(input, SlaPolicies({policy})).sla_breached, true);
}

TEST(TicketMeasures, PauseInsideClosedHoursTakesNothingOff) {
  const auto policies = with_calendar(shared(office("UTC")));
  const std::vector<Observation> history = {status_at(at("2024-03-04T16:00:00Z"), "Pending"),
                                            status_at(at("2024-03-05T10:00:00Z"), "Open")};
  auto input = resolved("2024-03-05T12:00:00Z");
  input.history = history;
  EXPECT_EQ(measure(input, policies).business_resolution_hours, 9.0);  // 7 on Monday, 2 on Tuesday
  EXPECT_EQ(text(measure(input, policies).due_at), "2024-03-05T11:00:00Z");
}

TEST(TicketMeasures, PendingWithoutEndHasNoDeadline) {
  const std::vector<Observation> history = {status_at(at("2024-03-04T12:00:00Z"), "Pending")};
  auto input = ticket();
  input.status = "Pending";
  input.history = history;
  const auto m = measure(input);
  EXPECT_EQ(m.due_at, std::nullopt);
  EXPECT_EQ(m.breach_after, std::nullopt);
  EXPECT_EQ(m.sla_breached, false);
  EXPECT_EQ(text(m.response_due_at), "2024-03-04T11:00:00Z");  // used up before
  EXPECT_EQ(m.response_breached, true);
  EXPECT_TRUE(m.is_open);
}

TEST(TicketMeasures, TargetUsedUpJustAsAPauseBeginsIsNotExceeded) {
  const std::vector<Observation> history = {status_at(at("2024-03-04T17:00:00Z"), "Pending")};
  auto input = ticket();
  input.history = history;
  const auto m = measure(input);
  EXPECT_EQ(text(m.due_at), "2024-03-04T17:00:00Z");
  EXPECT_EQ(m.breach_after, std::nullopt);
  EXPECT_EQ(m.sla_breached, false);
}

TEST(TicketMeasures, TimeBetweenTwoResolutionsIsStopped) {
  const std::vector<Observation> history = {
      status_at(at("2024-03-04T09:00:00Z"), "Open"), status_at(at("2024-03-04T12:00:00Z"), "Resolved"),
      status_at(at("2024-03-06T12:00:00Z"), "Open"), status_at(at("2024-03-06T14:00:00Z"), "Resolved"),
      status_at(at("2024-03-08T14:00:00Z"), "Closed")};
  auto input = resolved("2024-03-06T14:00:00Z");
  input.status = "Closed";
  input.history = history;
  const auto m = measure(input);
  EXPECT_EQ(m.business_resolution_hours, 5.0);
  EXPECT_EQ(m.resolution_hours, 53.0);
  EXPECT_EQ(m.sla_breached, false);
  EXPECT_EQ(text(m.due_at), "2024-03-06T17:00:00Z");  // the last end does not stop it: where it would be due
  EXPECT_EQ(m.reopen_count, 1);
}

TEST(TicketMeasures, LastResolvedOrClosedStatusDoesNotStopBeforeResolvedAt) {
  // The history says Resolved five seconds before resolved_at does, and Closed before it.
  std::vector<Observation> history = {status_at(at("2024-03-04T09:00:00Z"), "Open"),
                                      status_at(at("2024-03-04T16:59:55Z"), "Resolved")};
  auto input = resolved("2024-03-04T17:00:01Z");
  input.history = history;
  EXPECT_EQ(measure(input).sla_breached, true);
  EXPECT_EQ(text(measure(input).due_at), "2024-03-04T17:00:00Z");
  const auto before_closing = measure(input);
  history.push_back(status_at(at("2024-03-04T16:59:58Z"), "Closed"));
  input.history = history;
  EXPECT_EQ(measure(input).sla_breached, before_closing.sla_breached);  // closing a ticket changes no measure
  EXPECT_EQ(measure(input).business_resolution_hours, before_closing.business_resolution_hours);
}

TEST(TicketMeasures, PendingThatWasNeverLeftEndsAtResolvedAt) {
  const std::vector<Observation> history = {status_at(at("2024-03-04T10:00:00Z"), "Pending")};
  auto input = resolved("2024-03-04T20:00:00Z");
  input.history = history;
  const auto m = measure(input);
  EXPECT_EQ(m.business_resolution_hours, 1.0);
  EXPECT_EQ(m.sla_breached, false);
  EXPECT_EQ(text(m.due_at), "2024-03-05T03:00:00Z");
}

TEST(TicketMeasures, HistoryBeforeCreatedIsCutOff) {
  const std::vector<Observation> history = {status_at(at("2024-03-04T07:00:00Z"), "Pending"),
                                            status_at(at("2024-03-04T10:00:00Z"), "Open")};
  auto input = resolved("2024-03-04T12:00:00Z");
  input.history = history;
  EXPECT_EQ(measure(input).business_resolution_hours, 2.0);
}

TEST(TicketMeasures, CountersComeFromTheHistoryWhereItSpeaks) {
  auto input = ticket();
  EXPECT_EQ(measure(input).reopen_count, 0);
  input.source_reopen_count = 7;
  input.source_reassignment_count = 9;
  EXPECT_EQ(measure(input).reopen_count, 7);
  EXPECT_EQ(measure(input).reassignment_count, 9);

  const std::vector<Observation> of_status = {status_at(input.created_at, "Resolved"),
                                              status_at(at("2024-03-05T00:00:00Z"), "Open")};
  input.history = of_status;
  EXPECT_EQ(measure(input).reopen_count, 1);
  EXPECT_EQ(measure(input).reassignment_count, 9);  // it names no holder

  const std::vector<Observation> of_groups = {group_at(input.created_at, "x"),
                                              group_at(at("2024-03-05T00:00:00Z"), "y")};
  input.history = of_groups;
  EXPECT_EQ(measure(input).reopen_count, 7);  // it states no status
  EXPECT_EQ(measure(input).reassignment_count, 1);
}

TEST(TicketMeasures, BreachAgentIsWhoHeldItWhenItBreached) {
  auto input = resolved("2024-03-04T20:00:00Z");
  input.assigned_to = "last";
  EXPECT_EQ(measure(input).breach_agent_id, "last");
  const std::vector<Observation> history = {agent_at(at("2024-03-04T09:00:00Z"), "first"),
                                            agent_at(at("2024-03-04T16:59:00Z"), "second"),
                                            agent_at(at("2024-03-04T17:01:00Z"), "last")};
  input.history = history;
  EXPECT_EQ(measure(input).breach_agent_id, "second");
  const std::vector<Observation> nobody = {agent_at(at("2024-03-04T09:00:00Z"), "first"),
                                           agent_at(at("2024-03-04T16:00:00Z"), "")};
  input.history = nobody;
  EXPECT_EQ(measure(input).breach_agent_id, std::nullopt);
  const std::vector<Observation> too_late = {agent_at(at("2024-03-04T19:00:00Z"), "last")};
  input.history = too_late;
  EXPECT_EQ(measure(input).breach_agent_id, std::nullopt);

  input.resolved_at = at("2024-03-04T16:00:00Z");  // in time: nobody is to blame
  input.history = history;
  EXPECT_EQ(measure(input).breach_agent_id, std::nullopt);
}

TEST(TicketMeasures, OpenIsOpenOrPending) {
  for (const auto& [status, expected] :
       {std::pair{"Open", true}, {"Pending", true}, {"Resolved", false}, {"Closed", false}}) {
    auto input = ticket();
    input.status = status;
    EXPECT_EQ(measure(input).is_open, expected) << status;
  }
}

}  // namespace
}  // namespace deskhouse::core
