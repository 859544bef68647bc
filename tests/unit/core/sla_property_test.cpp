// Random tickets, histories and calendars: what must hold between the measures, the ledger and a naive count.
#include <rapidcheck.h>

#include <algorithm>

#include "unit/core/helpers.h"

namespace deskhouse::core {
namespace {

constexpr std::int64_t kHorizon_min = 6 * 1440;

// Few and round numbers, so that targets, pauses and opening hours often meet in the same instant.
std::int64_t any_minute() {
  return *rc::gen::element(60, 15, 1) * *rc::gen::inRange<std::int64_t>(0, kHorizon_min / 60);
}

struct Case {
  std::vector<Observation> history;
  TicketInput ticket;
  SlaPolicies policies;
  Timestamp as_of;
};

std::shared_ptr<const Calendar> any_calendar() {
  static const std::vector<std::shared_ptr<const Calendar>> all = {
      std::make_shared<const Calendar>(), shared(office("Europe/Amsterdam")), shared(daily("UTC", {{0, 1440}})),
      shared(daily("Australia/Lord_Howe", {{60, 150}, {480, 1020}}))};
  return *rc::gen::elementOf(all);
}

Case any_case() {
  Case made;
  const Timestamp created = at(*rc::gen::element<std::string>("2024-03-30T09:00:00Z", "2024-10-05T12:00:00Z"));
  const auto later = [&] { return Timestamp{created.us + minutes(any_minute())}; };
  auto& ticket = made.ticket;
  ticket.created_at = created;
  ticket.priority = *rc::gen::element<std::string_view>("Low", "Medium", "High", "Critical");
  ticket.status = "Open";
  ticket.category = "General";
  if (*rc::gen::arbitrary<bool>()) ticket.resolved_at = later();
  if (*rc::gen::arbitrary<bool>()) ticket.ended_at = later();
  if (*rc::gen::arbitrary<bool>()) ticket.first_response_at = later();
  made.as_of = later();

  for (int i = *rc::gen::inRange(0, 7); i > 0; --i) {
    auto& seen = made.history.emplace_back();
    seen.at = Timestamp{later().us - hours(12)};
    seen.status = *rc::gen::element<std::string_view>("Open", "Pending", "Resolved", "Closed");
    seen.assigned_to = *rc::gen::element<std::string_view>("a", "b", "");
  }
  std::ranges::stable_sort(made.history, {}, &Observation::at);

  auto policy = SlaPolicies().policies().front();
  policy.calendar = any_calendar();
  if (*rc::gen::inRange(0, 3) == 0) policy.stop_statuses = {"Pending"};
  made.policies = SlaPolicies({policy});
  return made;
}

// The history is a view into the case, so it is set where the case has come to rest.
TicketMeasures measure(Case& random) {
  random.ticket.history = random.history;
  MeasureScratch scratch;
  return measure_ticket(random.ticket, random.policies, random.as_of, scratch);
}

// The clock, minute by minute: no spans, no cuts, no sums.
std::int64_t count_naively(const Case& random, Timestamp end) {
  const auto& policy = random.policies.policies().front();
  const auto is_done = [](std::string_view status) { return status == "Resolved" || status == "Closed"; };
  std::int64_t elapsed = 0;
  for (auto t = random.ticket.created_at; t < end; t.us += kMicrosPerMinute) {
    std::string_view status;
    bool only_done_from_here = true, is_never_left = true;
    for (const auto& seen : random.history) {
      if (seen.at <= t) status = *seen.status;
      if (seen.at > t && !is_done(*seen.status)) only_done_from_here = false;
      if (seen.at > t && *seen.status != status) is_never_left = false;
    }
    const auto resolved_at = end_of_clock(random.ticket);
    // Being resolved ends a stop that the history never left (docs/decisions/0007): a late answer counts on from there.
    const bool is_ended = resolved_at && t >= *resolved_at && is_never_left;
    const bool is_last_end = is_ended || (resolved_at && is_done(status) && only_done_from_here);
    const bool is_stopped = std::ranges::find(policy.stop_statuses, status) != policy.stop_statuses.end();
    if (is_stopped && !is_last_end) continue;
    elapsed += policy.calendar->open_us(t, Timestamp{t.us + kMicrosPerMinute});
  }
  return elapsed;
}

// Of observations at one instant the last holds; the naive count needs none of the others.
void keep_last_of_each_instant(std::vector<Observation>& history) {
  std::vector<Observation> kept;
  for (const auto& seen : history) {
    if (!kept.empty() && kept.back().at == seen.at) kept.pop_back();
    kept.push_back(seen);
  }
  history = kept;
}

TEST(SlaProperty, VerdictIsThatOfANaiveCount) {
  int breached = 0, met = 0, paused = 0;
  for (int round = 0; round < 5; ++round)
    EXPECT_TRUE(rc::check("sla_breached == minutes counted > target", [&] {
      auto random = any_case();
      keep_last_of_each_instant(random.history);
      const auto m = measure(random);
      const auto end = end_of_clock(random.ticket).value_or(random.as_of);
      const auto elapsed = count_naively(random, end);
      const auto target = random.policies.choose(random.ticket.priority, "", "", "").target;
      RC_ASSERT(m.sla_breached == (elapsed > target.resolution_us));
      if (random.ticket.resolved_at) RC_ASSERT(m.business_resolution_hours == static_cast<double>(elapsed) / 3.6e9);
      const auto response_end = random.ticket.first_response_at.value_or(end);
      RC_ASSERT(m.response_breached == (count_naively(random, response_end) > target.response_us));
      ++(*m.sla_breached ? breached : met);
      const auto& calendar = *random.policies.policies().front().calendar;
      paused += elapsed < calendar.open_us(random.ticket.created_at, end);
    }));
  EXPECT_GT(breached, 0);
  EXPECT_GT(met, 0);
  EXPECT_GT(paused, 0);
}

TEST(SlaProperty, BreachAfterTellsTheVerdict) {
  int later_than_due = 0, without = 0;
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(rc::check("breached == (breach_after && end > breach_after), due_at is the earliest", [&] {
      auto random = any_case();
      const auto m = measure(random);
      const auto end = end_of_clock(random.ticket).value_or(random.as_of);
      RC_ASSERT(m.sla_breached == (m.breach_after && end > *m.breach_after));
      // RC_ASSERT takes both sides of an || at once: what must not be looked at goes into a bool first.
      const bool due_first = !m.breach_after || (m.due_at && *m.due_at <= *m.breach_after);
      RC_ASSERT(due_first);
      const auto response_end = random.ticket.first_response_at.value_or(end);
      RC_ASSERT(m.response_breached == (m.response_breach_after && response_end > *m.response_breach_after));
      const bool response_due_first =
          !m.response_breach_after || (m.response_due_at && *m.response_due_at <= *m.response_breach_after);
      RC_ASSERT(response_due_first);
      later_than_due += m.breach_after && *m.due_at < *m.breach_after;
      without += !m.breach_after;
    }));
  }
  EXPECT_GT(later_than_due, 0);
  EXPECT_GT(without, 0);
}

TEST(SlaProperty, LedgerAddsUpToTheMeasure) {
  int stopped = 0, closed = 0;
  EXPECT_TRUE(rc::check("the ledger has no hole and ends with the elapsed time", [&] {
    auto random = any_case();
    const auto m = measure(random);
    const auto lines = sla_ledger(random.ticket, random.policies, random.as_of);
    const auto end = end_of_clock(random.ticket).value_or(random.as_of);
    RC_ASSERT(lines.empty() == (end == random.ticket.created_at));
    Timestamp reached = random.ticket.created_at;
    std::int64_t counted = 0;
    for (const auto& line : lines) {
      RC_ASSERT(line.from == reached && line.from < line.to);
      reached = line.to;
      if (line.kind == LedgerLine::Kind::counted) counted += line.to.us - line.from.us;
      RC_ASSERT(line.elapsed_us == counted);
      stopped += line.kind == LedgerLine::Kind::stopped;
      closed += line.kind == LedgerLine::Kind::closed;
    }
    RC_ASSERT(reached == end);
    const auto target = random.policies.choose(random.ticket.priority, "", "", "").target;
    RC_ASSERT(m.sla_breached == (counted > target.resolution_us));
    if (m.business_resolution_hours) RC_ASSERT(*m.business_resolution_hours == static_cast<double>(counted) / 3.6e9);
  }));
  EXPECT_GT(stopped, 5);
  EXPECT_GT(closed, 5);
}

TEST(SlaProperty, AlwaysOpenIsAWeekOfAllHours) {
  EXPECT_TRUE(rc::check("the fast way and the long way give the same measures", [] {
    auto random = any_case();
    auto policy = random.policies.policies().front();
    const auto with = [&](std::shared_ptr<const Calendar> calendar) {
      policy.calendar = std::move(calendar);
      random.policies = SlaPolicies({policy});
      return measure(random);
    };
    static const auto all_hours = shared(daily("Europe/Amsterdam", {{0, 1440}}));
    const auto fast = with(std::make_shared<const Calendar>()), slow = with(all_hours);
    RC_ASSERT(fast.due_at == slow.due_at);
    RC_ASSERT(fast.breach_after == slow.breach_after);
    RC_ASSERT(fast.response_due_at == slow.response_due_at);
    RC_ASSERT(fast.response_breach_after == slow.response_breach_after);
    RC_ASSERT(fast.business_resolution_hours == slow.business_resolution_hours);
    RC_ASSERT(fast.sla_breached == slow.sla_breached);
    RC_ASSERT(fast.response_breached == slow.response_breached);
    RC_ASSERT(fast.breach_agent_id == slow.breach_agent_id);
  }));
}

}  // namespace
}  // namespace deskhouse::core
