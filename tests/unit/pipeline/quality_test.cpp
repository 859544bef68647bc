// The built-in checks of whole deliveries and those that deskhouse.toml describes, at their limits.
#include <fmt/format.h>

#include "desk.h"
#include "pipeline/checks.h"

namespace deskhouse::pipeline {
namespace {

constexpr std::int64_t kMinute = 60 * kMicrosPerSecond;

std::string found(std::string_view check, std::string_view columns = "value, expected, message") {
  return fmt::format("select {} from meta.violations where check_name = '{}' order by run_id, id", columns, check);
}

// So many tickets, the first `empty` of them without a priority.
void deliver_with_empty(const Desk& desk, int tickets, int empty, const std::string& prefix = "t") {
  std::string text(kTicketHeader);
  for (int i = 0; i < tickets; ++i)
    text += fmt::format("{}{},s,Open,{},Mail,r1,2024-05-01,2024-05-02,\n", prefix, i, i < empty ? "" : "High");
  desk.write("tickets.csv", text);
}

TEST(Completeness, ExactlyFivePercentIsGoodAndMoreIsNot) {
  Desk exact(kTickets);
  deliver_with_empty(exact, 100, 5);
  exact.run();
  EXPECT_EQ(exact.rows(found("completeness")), "");
  Desk more(kTickets);
  deliver_with_empty(more, 100, 6);
  more.run();
  EXPECT_EQ(more.rows(found("completeness", "entity, source, id, field, value, expected, message")),
            "tickets|desk||priority|6 %|at most 5 %|priority is empty in 6 of 100 tickets");
}

TEST(Completeness, AFieldMayHaveALimitOfItsOwnAndRejectedRecordsCount) {
  Desk desk(std::string(kTickets) + "[quality]\nmin_sample = 10\n[quality.missing]\ntickets.priority = 60\n");
  std::string text(kTicketHeader);
  for (int i = 0; i < 20; ++i)
    text += fmt::format("t{},s,Open,{},Mail,{},2024-05-01,2024-05-02,\n", i, i < 12 ? "" : "High", i < 2 ? "" : "r1");
  desk.write("tickets.csv", text);
  desk.run();
  EXPECT_EQ(desk.rows(found("completeness", "field, value")), "requester_id|10 %");
}

TEST(Completeness, IsJudgedOverRunsThatTogetherReadEnough) {
  Desk desk(kTickets);
  deliver_with_empty(desk, 60, 6);  // too few to say
  desk.run();
  EXPECT_EQ(desk.rows(found("completeness")), "");
  deliver_with_empty(desk, 60, 3, "u");
  desk.run();
  EXPECT_EQ(desk.rows(found("completeness", "run_id, value, message")),
            "2|7.5 %|priority is empty in 9 of 120 tickets");
}

TEST(Freshness, ExactlyThirtyMinutesIsGoodAndMoreIsNotAndItIsResolved) {
  Desk desk(kTickets);
  const auto newest = Timestamp{1'714'608'000'000'000};  // 2024-05-02
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run(Timestamp{newest.us + 30 * kMinute});
  EXPECT_EQ(desk.rows(found("freshness")), "");
  desk.run(Timestamp{newest.us + 30 * kMinute + 1'000'000});
  EXPECT_EQ(desk.rows(found("freshness", "run_id, entity, source, value, expected, message")),
            "2|all|desk|2024-05-02 00:00:00|not before 2024-05-02 00:00:01|The newest record of desk is 30 min old");
  desk.run(Timestamp{newest.us + 40 * kMinute});
  desk.deliver_tickets({"a,Open,2024-05-02 00:41:00,"});
  desk.run(Timestamp{newest.us + 41 * kMinute});
  EXPECT_EQ(desk.rows("select first_run_id, last_run_id, resolved_run_id, is_open, first_seen, last_seen from "
                      "meta.violation_states where check_name = 'freshness'"),
            "2|3|4|false|2024-05-02T00:30:01Z|2024-05-02T00:40:00Z");
}

TEST(Freshness, OfASourceThatEndsNobodyAsks) {
  Desk desk(std::string(kTickets) + "[quality]\nmax_age = \"never\"\n");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(found("freshness")), "");
}

TEST(States, FirstAndLastSeenAndResolvedFollowFromTheLogs) {
  Desk desk(kTickets);
  desk.write("checks/no_closed.sql",
             "-- name: no_closed\n-- severity: warn\n-- entity: tickets\n-- description: d\n-- what_to_do: w\n"
             "select id, source, 'status' as field, status as value, 'Open' as expected, 'is closed' as message from "
             "{{source}} where status = 'Closed'\n");
  const auto states =
      "select id, first_run_id, last_run_id, resolved_run_id, is_open from meta.violation_states where check_name = "
      "'no_closed' order by id";
  desk.deliver_tickets({"a,Closed,2024-05-02,", "b,Closed,2024-05-02,", "c,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(found("no_closed", "id, source, expected")), "a|desk|Open b|desk|Open");
  desk.deliver_tickets({"a,Open,2024-05-03,", "b,Closed,2024-05-02,", "c,Open,2024-05-02,"});
  desk.run();  // b was not looked at again
  EXPECT_EQ(desk.rows(states), "a|1|1|2|false b|1|1||true");
  desk.deliver_tickets({"a,Closed,2024-05-04,", "b,Closed,2024-05-04,", "c,Closed,2024-05-04,"});
  desk.run();
  EXPECT_EQ(desk.rows(states), "a|1|3||true b|1|3||true c|3|3||true");
  EXPECT_EQ(desk.rows("select run_id, id from meta.resolutions where check_name = 'no_closed'"), "2|a");
  EXPECT_EQ(desk.rows("select count(*) from meta.violations where check_name = 'no_closed'"), "5");
}

TEST(States, AReferenceIsResolvedWhenTheRecordArrives) {
  Desk desk(std::string(kTickets) + "[sources.desk.requesters]\npath = \"requesters.csv\"\n");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.write("requesters.csv", "id,name,updated_at\nr9,Nine,2024-05-01\n");
  desk.run();
  const auto state =
      "select id, field, value, is_open, resolved_run_id from meta.violation_states where check_name = "
      "'tickets_references' and field = 'requester_id'";
  EXPECT_EQ(desk.rows(state), "a|requester_id|r1|true|");
  desk.write("requesters.csv", "id,name,updated_at\nr9,Nine,2024-05-01\nr1,One,2024-05-01\n");
  desk.run();  // the ticket did not change
  EXPECT_EQ(desk.rows(state), "a|requester_id|r1|false|2");
}

constexpr std::string_view kEntries = "[sources.desk.time_entries]\npath = \"entries.csv\"\n";

void deliver_minutes(const Desk& desk, const std::vector<std::string>& minutes) {
  std::string text = "id,ticket_id,agent_id,minutes,billable,updated_at\n";
  for (std::size_t i = 0; i < minutes.size(); ++i)
    text += fmt::format("e{:02},t,a,{},true,2024-05-01\n", i, minutes[i]);
  desk.write("entries.csv", text);
}

std::string outliers_of(std::string_view rule, const std::vector<std::string>& minutes) {
  Desk desk(std::string(kEntries) + "[[quality.outliers]]\nentity = \"time_entries\"\ncolumn = \"minutes\"\n" +
            std::string(rule));
  deliver_minutes(desk, minutes);
  desk.run();
  return desk.rows("select id, value from meta.violations where starts_with(check_name, 'outliers_') order by id");
}

TEST(Outliers, AreBeyondThreePopulationSigmasAndNotAtThem) {
  // Mean 0.1, sigma 0.3: the 1 is exactly three sigmas away.
  std::vector<std::string> minutes(10, "0");
  minutes[9] = "1";
  EXPECT_EQ(outliers_of("min_sample = 10\n", minutes), "");
  minutes.emplace_back("0");
  EXPECT_EQ(outliers_of("min_sample = 10\n", minutes), "e09|1.0000");
  EXPECT_EQ(outliers_of("min_sample = 12\n", minutes), "") << "too few to say";
  EXPECT_EQ(outliers_of("min_sample = 10\nthreshold = 3.2\n", minutes), "");
}

TEST(Outliers, OfAConstantColumnThereAreNone) {
  const std::vector<std::string> minutes(40, "15");
  EXPECT_EQ(outliers_of("", minutes), "");
  EXPECT_EQ(outliers_of("method = \"mad\"\n", minutes), "");
}

TEST(Outliers, TheMedianDeviationIsNotMovedByThem) {
  // Three wild values spread sigma so far that it finds none of them.
  std::vector<std::string> minutes;
  for (int i = 0; i < 17; ++i) minutes.push_back(fmt::format("{}", 10 + i % 5));
  for (int i = 0; i < 3; ++i) minutes.push_back("9000");
  EXPECT_EQ(outliers_of("min_sample = 10\n", minutes), "");
  EXPECT_EQ(outliers_of("method = \"mad\"\nmin_sample = 10\n", minutes), "e17|9000.0000 e18|9000.0000 e19|9000.0000");
  // More than half the same: the mean deviation stands in.
  std::vector<std::string> same(30, "15");
  same[4] = "900";
  EXPECT_EQ(outliers_of("method = \"mad\"\n", same), "e04|900.0000");
}

TEST(Outliers, GroupsAreJudgedByThemselvesAndMeasuresOfTicketsToo) {
  Desk desk(std::string(kTickets) +
            "[[quality.outliers]]\nentity = \"tickets\"\ncolumn = \"resolution_hours\"\ngroup_by = "
            "[\"priority\"]\nmin_sample = 10\n");
  std::string text = "id,subject,status,priority,category,requester_id,created_at,updated_at,resolved_at\n";
  for (int i = 0; i < 24; ++i)
    text += fmt::format("t{:02},s,Resolved,{},Mail,r1,2024-05-01,2024-05-09,2024-05-0{}\n", i, i < 12 ? "Low" : "High",
                        i == 0   ? 9
                        : i < 12 ? 2
                                 : 8);
  desk.write("tickets.csv", text);
  desk.run();
  EXPECT_EQ(desk.rows(found("outliers_tickets_resolution_hours_by_priority", "id, source, value, message")),
            "t00|desk|192.0|resolution_hours is far from what is usual, priority Low");
  desk.write("tickets.csv", text + "t24,s,Resolved,High,Mail,r1,2024-05-01,2024-05-31,2024-05-31\n");
  desk.run();  // named is what changed
  EXPECT_EQ(desk.rows(found("outliers_tickets_resolution_hours_by_priority", "run_id, id")), "1|t00 2|t24");
}

TEST(Allowed, ValuesOfDeskhouseTomlAreChecked) {
  Desk desk(std::string(kTickets) + "[quality.allowed]\ntickets.category = [\"Mail\", \"Network\"]\n");
  desk.write("tickets.csv", std::string(kTicketHeader) +
                                "a,s,Open,High,Mail,r1,2024-05-01,2024-05-02,\n"
                                "b,s,Open,High,Fax,r1,2024-05-01,2024-05-02,\n");
  desk.run();
  EXPECT_EQ(desk.rows(found("tickets_allowed_values", "id, field, value, expected, message")),
            "b|category|Fax|Mail, Network|category is Fax, which deskhouse.toml does not allow");
}

// Tickets of one weekday: so many in each of the weeks before, and on the day before kNow (2024-05-31, a Friday).
void deliver_weeks(const Desk& desk, int a_week, int last) {
  std::string text(kTicketHeader);
  for (int week = 1; week <= 6; ++week)
    for (int i = 0; i < a_week; ++i)
      text += fmt::format("w{}-{},s,Open,High,Mail,r1,{},2024-05-31,\n", week, i, to_string(Date{19'874 - 7 * week}));
  for (int i = 0; i < last; ++i) text += fmt::format("l-{},s,Open,High,Mail,r1,2024-05-31,2024-05-31,\n", i);
  desk.write("tickets.csv", text);
}

TEST(Volume, ADayIsHeldAgainstTheSameWeekdays) {
  Desk desk(kTickets);
  deliver_weeks(desk, 20, 10);  // exactly half
  desk.run();
  EXPECT_EQ(desk.rows(found("volume")), "");
  Desk fewer(kTickets);
  deliver_weeks(fewer, 20, 9);
  fewer.run();
  EXPECT_EQ(fewer.rows(found("volume")), "9|10 to 30|9 tickets were created on Friday 2024-05-31, usual are 20");
  Desk none(kTickets);
  deliver_weeks(none, 20, 0);
  none.run();
  EXPECT_EQ(none.rows(found("volume", "value")), "0");
  Desk many(kTickets);
  deliver_weeks(many, 20, 31);
  many.run();
  EXPECT_EQ(many.rows(found("volume", "value")), "31");
  Desk small(kTickets);  // 12 tickets in six weeks say nothing
  deliver_weeks(small, 2, 0);
  small.run();
  EXPECT_EQ(small.rows(found("volume")), "");
}

TEST(Volume, HolidaysAreNotJudged) {
  Desk desk(std::string(kTickets) + "[reporting]\nholidays = [\"2024-05-31\"]\n");
  deliver_weeks(desk, 20, 0);
  desk.run();
  EXPECT_EQ(desk.rows(found("volume")), "");
}

TEST(Uniqueness, TwoRecordsOfOneIdAndTimeThatDifferAreToldAndRepeatsAreNot) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,", "a,Open,2024-05-02,", "b,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(found("uniqueness")), "");
  desk.deliver_tickets({"b,Open,2024-05-03,", "b,Closed,2024-05-03,"});
  desk.run();
  EXPECT_EQ(desk.rows(found("uniqueness", "run_id, entity, source, value")), "2|tickets|desk|1");
}

TEST(Uniqueness, PeopleWithOneAddressAreNamedBoth) {
  Desk desk("[sources.desk.requesters]\npath = \"requesters.csv\"\n");
  desk.write("requesters.csv",
             "id,name,email,updated_at\nr1,One,x@a.nl,2024-05-01\nr2,Two,X@a.nl,2024-05-01\nr3,Three,,2024-05-01\n");
  desk.run();
  EXPECT_EQ(desk.rows(found("requesters_unique_email", "id, value")), "r1|x@a.nl r2|x@a.nl");
}

TEST(SchemaDrift, AColumnThatCameIsTold) {
  Desk desk(kTickets);
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  desk.run();
  EXPECT_EQ(desk.rows(found("schema_drift")), "");
  auto text = std::string(kTicketHeader);
  text.insert(text.size() - 1, ",colour");
  desk.write("tickets.csv", text + "a,s,Open,High,Mail,r1,2024-05-01,2024-05-03,,red\n");
  desk.run();
  EXPECT_EQ(desk.rows(found("schema_drift", "run_id, entity, source, field, value, expected")),
            "2|tickets|desk|colour|added|absent");
}

TEST(Score, IsCompletenessTimesValidityTimesConsistency) {
  Desk desk(std::string(kTickets) + "[quality]\nmin_sample = 10\n");
  std::string text(kTicketHeader);
  for (int i = 0; i < 20; ++i)  // 4 without a priority, 2 rejected for lack of a requester
    text += fmt::format("t{},s,Open,{},Mail,{},2024-05-01,2024-05-20,\n", i, i < 4 ? "" : "High", i < 18 ? "r1" : "");
  desk.write("tickets.csv", text);
  desk.write("checks/three.sql",
             "-- name: three\n-- severity: warn\n-- entity: tickets\n-- description: d\n-- what_to_do: w\n"
             "select id, source, 'id' as field, id as value, 'm' as message from {{source}} t where id in ('t1', 't2', "
             "'t3')\n");
  desk.run(Timestamp{1'716'163'200'000'000 + 90 * kMinute});  // 2024-05-20 01:30
  // 7 required fields beside id, of 20 records: 6 values of 140 are empty. 2 of 20 wait. 3 of 18 have a violation.
  EXPECT_EQ(
      desk.rows("select entity, records, quarantined, completeness = 1 - 6 / 140, validity, consistency = 1 - 3 / "
                "18, round(score, 2), newest_at, age_seconds from meta.quality"),
      "tickets|18|2|true|0.9|true|71.79|2024-05-20T00:00:00Z|5400");
  EXPECT_EQ(desk.rows("select round(score, 2), age_seconds from meta.metric_quality where metric = 'backlog'"),
            "71.79|5400");
  desk.deliver_tickets({"t1,Open,2024-05-21,"});
  desk.run(Timestamp{1'716'163'200'000'000 + 24 * 60 * kMinute});
  EXPECT_EQ(desk.rows("select records, newest_at, age_seconds from meta.quality where run_id = 2 and entity = "
                      "'tickets'"),
            "18|2024-05-21T00:00:00Z|0");
}

TEST(Score, OfGoodDataIsAHundred) {
  Desk desk("[sources.desk.groups]\npath = \"groups.csv\"\n");
  desk.write("groups.csv", "id,name,updated_at\ng1,One,2024-05-01\n");
  desk.run();
  EXPECT_EQ(desk.rows("select entity, score from meta.quality"), "groups|100");
}

TEST(Severity, IsThatOfDeskhouseToml) {
  Desk desk(std::string(kTickets) + "[quality.severity]\nfreshness = \"fail\"\n");
  desk.deliver_tickets({"a,Open,2024-05-02,"});
  const auto refused = desk.try_run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::gate);
  Desk wrong(std::string(kTickets) + "[quality.severity]\nfreshnes = \"fail\"\n");
  wrong.deliver_tickets({"a,Open,2024-05-02,"});
  const auto unknown = wrong.try_run();
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("no check 'freshnes'"), std::string::npos) << unknown.error().message;
}

}  // namespace
}  // namespace deskhouse::pipeline
