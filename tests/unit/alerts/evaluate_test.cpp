#include "alerts/evaluate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace deskhouse::alerts {
namespace {

using config::AlertRule;
using config::Comparison;

Timestamp at(std::int64_t seconds) {
  return {seconds * kMicrosPerSecond};
}

AlertRule rule(double threshold = 5) {
  AlertRule r;
  r.name = "r";
  r.metric = "missing_percent";
  r.threshold = threshold;
  r.cool_down_seconds = 100;
  return r;
}

Sample of(std::string name, double value) {
  return {.labels = {{"field", std::move(name)}}, .value = value, .detail = {}, .threshold = {}};
}

// Looks at one value after the other, keeps the alerts in between, and says what was news: "0:fired 200:repeated".
std::string told(const AlertRule& r, const std::vector<std::pair<std::int64_t, double>>& values) {
  std::vector<Alert> alerts;
  std::string out;
  for (const auto& [second, value] : values) {
    const std::vector<Sample> samples = {of("priority", value)};
    auto next = evaluate(r, alerts, samples, at(second));
    for (const auto& event : next.events) {
      if (!out.empty()) out += ' ';
      out += std::to_string(second) + ":" + std::string(to_string(event.news));
    }
    alerts = std::move(next.alerts);
  }
  return out;
}

TEST(Evaluate, ExactlyAtTheThresholdIsNoAlarm) {
  EXPECT_EQ(told(rule(5), {{0, 5.0}}), "");
  EXPECT_EQ(told(rule(5), {{0, std::nextafter(5.0, 6.0)}}), "0:fired");
  EXPECT_EQ(told(rule(1800), {{0, 1800.0}}), "");              // data of exactly 30 minutes
  EXPECT_EQ(told(rule(1800), {{0, 1800.000001}}), "0:fired");  // and one microsecond more
}

TEST(Evaluate, EveryComparison) {
  EXPECT_TRUE(holds(1, Comparison::at_least, 1) && !holds(0.9, Comparison::at_least, 1));
  EXPECT_TRUE(holds(0, Comparison::below, 1) && !holds(1, Comparison::below, 1));
  EXPECT_TRUE(holds(1, Comparison::at_most, 1) && !holds(1.1, Comparison::at_most, 1));
  EXPECT_TRUE(holds(1, Comparison::equal, 1) && !holds(2, Comparison::equal, 1));
  EXPECT_TRUE(holds(2, Comparison::unequal, 1) && !holds(1, Comparison::unequal, 1));
  for (const auto c : {Comparison::above, Comparison::at_least, Comparison::below, Comparison::at_most,
                       Comparison::equal, Comparison::unequal})
    EXPECT_FALSE(holds(std::nan(""), c, 1));
}

TEST(Evaluate, FiresOnceIsRepeatedAfterTheCoolDownAndIsResolved) {
  EXPECT_EQ(told(rule(), {{0, 6}, {30, 6}, {99, 7}, {100, 7}, {150, 7}, {201, 7}, {230, 5}, {260, 5}, {300, 6}}),
            "0:fired 100:repeated 201:repeated 230:resolved 300:fired");
}

TEST(Evaluate, ForIsWithoutABreak) {
  auto r = rule();
  r.for_seconds = 60;
  EXPECT_EQ(told(r, {{0, 6}, {59, 6}, {60, 6}}), "0:pending 60:fired");
  EXPECT_EQ(told(r, {{0, 6}, {59, 5}, {60, 6}, {119, 6}, {120, 6}}), "0:pending 59:withdrawn 60:pending 120:fired");
}

TEST(Evaluate, ResolveAfterIsWithoutABreak) {
  auto r = rule();
  r.calm_seconds = 60;
  EXPECT_EQ(told(r, {{0, 6}, {10, 5}, {69, 5}, {70, 5}}), "0:fired 70:resolved");
  EXPECT_EQ(told(r, {{0, 6}, {10, 5}, {60, 6}, {80, 5}, {139, 5}, {140, 5}}), "0:fired 140:resolved");
}

TEST(Evaluate, ThingsAreOnTheirOwnAndOneThatIsGoneIsWell) {
  const std::vector<Sample> both = {of("a", 6), of("b", 5), of("a", 1)};  // of two the first counts
  const auto first = evaluate(rule(), {}, both, at(0));
  ASSERT_EQ(first.alerts.size(), 1u);
  EXPECT_EQ(to_text(first.alerts[0].labels), "field=a");
  const std::vector<Sample> other = {of("b", 6)};
  const auto second = evaluate(rule(), first.alerts, other, at(1));
  ASSERT_EQ(second.events.size(), 2u);
  EXPECT_EQ(second.events[0].news, News::fired);
  EXPECT_EQ(second.events[1].news, News::resolved);
  ASSERT_EQ(second.alerts.size(), 1u);
  const auto last = withdraw(second.alerts, at(2));
  ASSERT_EQ(last.events.size(), 1u);
  EXPECT_EQ(last.events[0].news, News::resolved);
  EXPECT_TRUE(last.alerts.empty());
}

TEST(Evaluate, LabelsChooseAndSamplesMayBringTheirThreshold) {
  auto r = rule(0);
  r.labels = {{"field", "pri*"}};
  std::vector<Sample> samples = {of("priority", 10), of("category", 10)};
  EXPECT_EQ(evaluate(r, {}, samples, at(0)).alerts.size(), 1u);
  samples[0].threshold = 10;
  EXPECT_TRUE(evaluate(r, {}, samples, at(0)).alerts.empty());
  r.labels = {{"source", "*"}};
  EXPECT_TRUE(evaluate(r, {}, samples, at(0)).alerts.empty());
}

TEST(Labels, SurviveAnything) {
  const Labels labels = {{"a", "quote \" and \\ and \n"}, {"b", "한국어"}};
  EXPECT_EQ(labels_from_json(to_json(labels)), labels);
  EXPECT_TRUE(labels_from_json("[1]").empty() && labels_from_json("{").empty());
}

// Whatever the values and times: what is told is fired (repeated)* resolved, over and over; repeats are a cool-down
// apart; nothing fires before `for`; what is kept is what is not well.
RC_GTEST_PROP(EvaluateProperty, ToldInOrder, ()) {
  auto r = rule(3);
  r.for_seconds = *rc::gen::inRange(0, 4);
  r.calm_seconds = *rc::gen::inRange(0, 4);
  r.cool_down_seconds = *rc::gen::inRange(1, 6);
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 7)));
  std::vector<Alert> alerts;
  bool firing = false;
  std::int64_t now = 0, last_told = 0, alarm_since = -1, well_since = -1;
  for (const auto& [pause, value] : steps) {
    now += pause;
    const bool alarm = value > 3;
    alarm_since = !alarm ? -1 : alarm_since < 0 ? now : alarm_since;
    well_since = alarm ? -1 : well_since < 0 ? now : well_since;
    const std::vector<Sample> samples = {of("x", value)};
    const auto next = evaluate(r, alerts, samples, at(now));
    RC_ASSERT(next.events.size() <= 1u);
    for (const auto& event : next.events) {
      if (event.news == News::fired) {
        RC_ASSERT(!firing && alarm && now - alarm_since >= r.for_seconds);
        firing = true;
        last_told = now;
      } else if (event.news == News::repeated) {
        RC_ASSERT(firing && alarm && now - last_told >= r.cool_down_seconds);
        last_told = now;
      } else if (event.news == News::resolved) {
        RC_ASSERT(firing && !alarm && now - well_since >= r.calm_seconds);
        firing = false;
      }
    }
    alerts = next.alerts;
    RC_ASSERT(alerts.size() <= 1u);
    RC_ASSERT(firing == (!alerts.empty() && alerts[0].state == State::firing));
    if (alarm && now - alarm_since >= r.for_seconds) RC_ASSERT(firing);
    if (firing && alarm) RC_ASSERT(now - last_told < r.cool_down_seconds);
  }
}

}  // namespace
}  // namespace deskhouse::alerts
