// Looks, the outbox and its memory, over a warehouse of one's own.
#include "alerts/look.h"

#include <algorithm>

#include "alerts/channel.h"
#include "alerts/measures.h"
#include "config/alert_rules.h"
#include "unit/pipeline/desk.h"

namespace deskhouse::alerts {
namespace {

using pipeline::Desk;
using pipeline::kNow;
using pipeline::kTickets;

constexpr std::string_view kOnly = R"(
[alerting]
cool_down = "1h"
)";

std::string toml(std::string_view more) {
  return std::string(kTickets) + std::string(kOnly) + std::string(more);
}

Timestamp later(std::int64_t seconds, std::int64_t us = 0) {
  return {kNow.us + seconds * kMicrosPerSecond + us};
}

// "fired stale_data" a line, of the rules that are asked for.
std::string news(Desk& desk, Timestamp now, std::string_view rule) {
  const auto looked = look(desk.warehouse().connection, desk.config(), now);
  if (!looked) return looked.error().message;
  std::string out;
  for (const auto& event : looked->events)
    if (event.alert.rule == rule)
      out += (out.empty() ? "" : " ") + std::string(to_string(event.news)) + "(" + to_text(event.alert.labels) + ")";
  return out;
}

TEST(Measures, AreThoseThatRulesMayName) {
  for (const auto& metric : config::alert_metrics())
    EXPECT_EQ(is_measured(metric.name), metric.name != "rule_errors") << metric.name;
  for (const auto& rule : config::built_in_rules())
    EXPECT_TRUE(std::ranges::any_of(config::alert_metrics(), [&](const auto& m) { return m.name == rule.metric; }));
}

TEST(Look, AnEmptyWarehouseIsQuiet) {
  Desk desk(toml(""));
  const auto looked = look(desk.warehouse().connection, desk.config(), kNow);
  ASSERT_TRUE(looked) << looked.error().message;
  EXPECT_TRUE(looked->events.empty());
  EXPECT_TRUE(looked->broken.empty()) << looked->broken.begin()->second;
}

TEST(Look, DataOfExactlyThirtyMinutesIsNotStale) {
  Desk desk(toml(""));
  desk.deliver_tickets({"a,Open,2024-06-01 00:00:00,"});
  desk.run();
  EXPECT_EQ(news(desk, later(1800), "stale_data"), "");
  EXPECT_EQ(news(desk, later(1800, 1), "stale_data"), "fired(source=desk)");
  EXPECT_EQ(news(desk, later(1801), "stale_data"), "");
  EXPECT_EQ(news(desk, later(1801 + 3600), "stale_data"), "repeated(source=desk)");
  desk.deliver_tickets({"a,Open,2024-06-01 01:20:00,"});
  desk.run(later(5000));
  EXPECT_EQ(news(desk, later(5500), "stale_data"), "resolved(source=desk)");
}

// Of 100 tickets, `empty` without a priority.
std::string hundred(int empty) {
  std::string text(pipeline::kTicketHeader);
  for (int i = 0; i < 100; ++i)
    text += std::to_string(i) + ",s,Open," + (i < empty ? "" : "High") + ",Mail,r1,2024-05-01,2024-05-02,\n";
  return text;
}

TEST(Look, FivePercentMissingIsNoAlarmAndMoreIs) {
  Desk desk(toml(""));
  desk.write("tickets.csv", hundred(5));
  desk.run();
  EXPECT_EQ(news(desk, kNow, "missing_data"), "");
  Desk worse(toml(""));
  worse.write("tickets.csv", hundred(6));
  worse.run();
  EXPECT_EQ(news(worse, kNow, "missing_data"), "fired(source=desk, entity=tickets, field=priority)");
}

TEST(Look, RejectsCountAsMissingAndAsErrors) {
  Desk desk(toml("[alerts.error_rate]\nthreshold = 3\n"));
  auto text = hundred(0);
  for (int i = 0; i < 4; ++i) text += "r" + std::to_string(i) + ",s,,High,Mail,r1,2024-05-01,2024-05-02,\n";
  desk.write("tickets.csv", text);
  desk.run();
  EXPECT_EQ(news(desk, kNow, "error_rate"), "fired(source=desk, entity=tickets)");  // 4 of 104
  Desk same(toml("[alerts.missing_data]\nthreshold = 3.8\n"));
  same.write("tickets.csv", text);
  same.run();
  EXPECT_EQ(news(same, kNow, "missing_data"), "fired(source=desk, entity=tickets, field=status)");
}

TEST(Look, AFailedRunFiresAndTheNextGoodOneResolvesIt) {
  Desk desk(toml(""));
  desk.write("tickets.csv", "nonsense\n");
  EXPECT_FALSE(desk.try_run());
  EXPECT_EQ(news(desk, kNow, "failed_run"), "fired(source=desk)");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(news(desk, kNow, "failed_run"), "resolved(source=desk)");
}

TEST(Look, TicketsAtRiskAreNamed) {
  Desk desk(toml("[alerts.sla_risk]\nseverity = \"critical\"\n[sla.targets.High]\nresolution = \"2h\"\n"));
  desk.write("tickets.csv", std::string(pipeline::kTicketHeader) +
                                "a,\"late <b>soon</b>\",Open,High,Mail,r1,2024-05-31 23:00:00,2024-05-31 23:00:00,\n"
                                "b,later,Open,High,Mail,r1,2024-05-31 23:00:01,2024-05-31 23:00:01,\n"
                                "c,late,Open,High,Mail,r1,2024-05-01,2024-05-01,\n");
  desk.run();
  const auto looked = look(desk.warehouse().connection, desk.config(), kNow);
  ASSERT_TRUE(looked);
  const auto event = std::ranges::find_if(looked->events, [](const Event& e) { return e.alert.rule == "sla_risk"; });
  ASSERT_NE(event, looked->events.end());
  EXPECT_EQ(event->alert.value, 1);  // within the hour: a, at its end
  EXPECT_EQ(event->alert.detail, "a late <b>soon</b>");
}

TEST(Look, OwnSqlAndABrokenOne) {
  const std::string rules = toml(
      "[alerts.own]\nsql = \"select status, count(*) as value, 'x' as detail from operational.tickets group by status "
      "-- last\"\n"
      "threshold = 1\n[alerts.writes]\nsql = \"delete from operational.tickets\"\nthreshold = 1\n"
      "[alerts.reads_files]\nsql = \"select count(*) as value from read_csv('/etc/passwd')\"\nthreshold = 1\n"
      "[alerts.no_value]\nsql = \"select 1 as a\"\nthreshold = 1\n");
  Desk desk(rules);
  desk.deliver_tickets({"a,Open,2024-05-02,", "b,Open,2024-05-02,", "c,Closed,2024-05-02,"});
  desk.run();
  const auto looked = look(desk.warehouse().connection, desk.config(), kNow);
  ASSERT_TRUE(looked) << looked.error().message;
  EXPECT_EQ(looked->broken.size(), 3u);
  EXPECT_EQ(desk.rows("select rule, labels, value from meta.alerts where rule in ('own', 'broken_rule') order by all"),
            "broken_rule|{\"rule\":\"no_value\"}|1 broken_rule|{\"rule\":\"reads_files\"}|1 "
            "broken_rule|{\"rule\":\"writes\"}|1 own|{\"status\":\"Open\"}|2");
  EXPECT_EQ(desk.rows("select count(*) from operational.tickets"), "3");
}

TEST(Look, ARuleThatIsGoneIsResolvedWhereItWasTold) {
  const std::string rule = "[alerts.own]\nsql = \"select 2 as value\"\nthreshold = 1\n";
  Desk desk(toml(rule));
  EXPECT_EQ(news(desk, kNow, "own"), "fired()");
  desk.reconfigure(toml(""));
  EXPECT_EQ(news(desk, kNow, "own"), "resolved()");
  EXPECT_EQ(desk.rows("select channel, event from meta.alert_outbox order by number"), "log|fired log|resolved");
  EXPECT_EQ(desk.rows("select count(*) from meta.alerts"), "0");
}

TEST(Look, WritesNothingWhereNothingIsNew) {
  Desk desk(toml("[alerts.own]\nsql = \"select 2 as value\"\nthreshold = 1\n"));
  EXPECT_EQ(news(desk, kNow, "own"), "fired()");
  desk.execute("update meta.alerts set detail = 'untouched'");
  EXPECT_EQ(news(desk, later(60), "own"), "");
  EXPECT_EQ(desk.rows("select detail from meta.alerts"), "untouched");
}

TEST(Outbox, KeepsWhatDoesNotGetThroughAndTriesAgainMoreSlowly) {
  Desk desk(toml("[alerts.own]\nsql = \"select 2 as value\"\nthreshold = 1\n"));
  auto& connection = desk.warehouse().connection;
  news(desk, kNow, "own");
  auto due = due_messages(connection, kNow);
  ASSERT_TRUE(due && due->size() == 1);
  const auto fail_at = [&](Timestamp at) {
    const std::vector<Delivery> failed = {
        {.message = due->front(), .outcome = Delivery::Outcome::failed, .error = "no answer", .at = at}};
    ASSERT_TRUE(record_deliveries(connection, failed));
  };
  fail_at(kNow);
  EXPECT_TRUE(due_messages(connection, later(4))->empty());
  EXPECT_EQ(due_messages(connection, later(6))->size(), 1u);
  // It goes on, and is said again; that is not queued, since the first message waits still. Then it is well.
  EXPECT_EQ(news(desk, later(3600), "own"), "repeated()");
  EXPECT_EQ(desk.rows("select count(*) from meta.alert_outbox"), "1");
  EXPECT_EQ(desk.rows("select failures, failures_in_row, last_error from meta.alert_channels"), "1|1|no answer");
  const std::vector<Delivery> sent = {{.message = due->front(), .error = {}, .at = later(3601)}};
  ASSERT_TRUE(record_deliveries(connection, sent));
  EXPECT_EQ(desk.rows("select sent, failures, failures_in_row from meta.alert_channels"), "1|1|0");
  EXPECT_EQ(desk.rows("select status, attempts from meta.alert_outbox"), "sent|2");
  EXPECT_FALSE(*next_due(connection));
}

TEST(Outbox, GivesUpWhatIsRefusedForGood) {
  Desk desk(toml("[alerts.own]\nsql = \"select 2 as value\"\nthreshold = 1\n"));
  auto& connection = desk.warehouse().connection;
  news(desk, kNow, "own");
  for (int i = 0; i < 5; ++i) {
    const auto due = due_messages(connection, later(i * 3600));
    ASSERT_TRUE(due && due->size() == 1) << i;
    const std::vector<Delivery> refused = {
        {.message = due->front(), .outcome = Delivery::Outcome::refused, .error = "400", .at = later(i * 3600)}};
    ASSERT_TRUE(record_deliveries(connection, refused));
  }
  EXPECT_EQ(desk.rows("select status, attempts, last_error from meta.alert_outbox"), "refused|5|400");
  EXPECT_TRUE(due_messages(connection, later(100'000))->empty());
}

TEST(Outbox, PausesGrowAndEnd) {
  std::int64_t before = 0;
  for (int n = 1; n < 8; ++n) {
    EXPECT_GT(pause_seconds(n, "a"), before);
    before = pause_seconds(n, "a");
  }
  EXPECT_LE(pause_seconds(1000, "b"), 18 * 60);
}

TEST(Send, AChannelThatIsGoneIsRefusedAndAFailingOneIsLeftAlone) {
  config::AlertConfig config;
  config.channels = {{.name = "log"},
                     {.name = "hook", .kind = config::Channel::Kind::webhook, .url = "https://127.0.0.1:1/x"}};
  std::vector<Message> messages;
  for (const auto* channel : {"hook", "gone", "hook", "log"}) messages.push_back(test_message(channel, kNow, "p"));
  int logged = 0;
  const auto deliveries = send_all(messages, {config, [] { return kNow; }, [&](const Message&) { ++logged; }});
  ASSERT_EQ(deliveries.size(), 3u);
  EXPECT_EQ(deliveries[0].outcome, Delivery::Outcome::failed);
  EXPECT_NE(deliveries[0].error.find("allow_private"), std::string::npos) << deliveries[0].error;
  EXPECT_EQ(deliveries[1].outcome, Delivery::Outcome::refused);
  EXPECT_EQ(logged, 1);
}

}  // namespace
}  // namespace deskhouse::alerts
