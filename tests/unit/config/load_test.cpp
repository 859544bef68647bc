#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/config/project.h"

namespace deskhouse::config {
namespace {

using testing::ElementsAre;
using testing::Pair;

Config load_or_fail(std::string_view toml) {
  auto config = load_text(toml);
  EXPECT_TRUE(config.has_value()) << (config ? "" : config.error().message);
  return config ? std::move(*config) : Config{};
}

const FieldMapping* find_field(const EntityMapping& entity, std::string_view name) {
  for (const auto& field : entity.fields)
    if (field.field == name) return &field;
  return nullptr;
}

TEST(Load, EmptyFileHasTheDefaults) {
  const auto config = load_or_fail("");
  EXPECT_EQ(config.warehouse, "deskhouse.duckdb");
  EXPECT_EQ(config.batch_size, 1000);
  EXPECT_EQ(config.staging_retention_seconds, 86'400);
  EXPECT_EQ(config.maintenance.every_seconds, 86'400);
  EXPECT_EQ(config.maintenance.keep_snapshots_seconds, 7 * 86'400);
  EXPECT_TRUE(config.reporting_zone.is_utc());
  EXPECT_TRUE(config.sources.empty());
  ASSERT_EQ(config.calendars.count("24x7"), 1u);
  EXPECT_TRUE(config.calendars.at("24x7")->always_open());
  EXPECT_EQ(config.sla.default_target(3).resolution_us, 4 * kMicrosPerHour);
  EXPECT_EQ(config.sla.default_target(3).response_us, kMicrosPerHour);
}

TEST(Load, HowOftenAndWhatMayCome) {
  const auto config = load_or_fail(R"(
[sources.desk]
type = "postgresql"
every = "5m"
[sources.desk.tickets]
table = "tickets"
contract = "freeze"
custom_fields = ["*", "more"]
[sources.desk.agents]
table = "agents"
sweep = "never"
sweep_limit = 5
[sources.desk.ticket_events]
table = "events"
[sources.files.tickets]
path = "t.csv"
[sources.files.agents]
path = "a.csv"
sweep = "12h"
)");
  const auto& desk = config.sources[0];
  EXPECT_EQ(desk.every_seconds, 300);
  const auto& tickets = desk.entities[0];
  EXPECT_EQ(tickets.contract, Contract::freeze);
  EXPECT_TRUE(tickets.keeps_unmapped);
  EXPECT_THAT(tickets.custom_fields, ElementsAre("more"));
  EXPECT_EQ(tickets.sweep_seconds, 86'400) << "a server gives all of its records";
  EXPECT_EQ(tickets.sweep_limit_percent, 20);
  EXPECT_EQ(desk.entities[1].sweep_seconds, std::nullopt);
  EXPECT_EQ(desk.entities[1].sweep_limit_percent, 5);
  EXPECT_EQ(desk.entities[2].sweep_seconds, std::nullopt) << "events are only added";
  const auto& files = config.sources[1];
  EXPECT_EQ(files.every_seconds, 900);
  EXPECT_EQ(files.entities[0].sweep_seconds, std::nullopt) << "a file may hold some records only";
  EXPECT_EQ(files.entities[1].sweep_seconds, 43'200);
  EXPECT_EQ(files.entities[0].contract, Contract::evolve);
}

TEST(Load, Servers) {
  const auto config = load_or_fail(R"(
[sources.desk]
type = "postgresql"
host = "db1"
port = 5433
user = "reader"
password_env = "SECRET"
[sources.desk.tickets]
table = "public.tickets"
overlap = "1h"
horizon = "window"
[sources.desk.agents]
query = "select 1"
strategy = "modified_or_created"
[sources.desk.groups]
table = "teams"
fields = { id = "id", name = "name" }
[sources.desk.ticket_events]
table = "log"
)");
  ASSERT_EQ(config.sources.size(), 1u);
  const auto& source = config.sources[0];
  EXPECT_EQ(source.server.host, "db1");
  EXPECT_EQ(source.server.port, 5433);
  EXPECT_EQ(source.server.password_env, "SECRET");
  ASSERT_EQ(source.entities.size(), 4u);
  const auto& tickets = source.entities[0];
  EXPECT_EQ(tickets.table, "public.tickets");
  EXPECT_EQ(tickets.strategy, Strategy::change) << "updated_at is a column";
  EXPECT_EQ(tickets.horizon, Horizon::window);
  EXPECT_EQ(tickets.overlap_seconds, 3'600);
  EXPECT_EQ(source.entities[1].strategy, Strategy::modified_or_created);
  EXPECT_EQ(source.entities[1].input(), "a query");
  EXPECT_EQ(source.entities[2].strategy, Strategy::full) << "nothing is updated_at";
  EXPECT_EQ(source.entities[3].strategy, Strategy::change) << "event_at is a column";
}

TEST(Load, ScalarSections) {
  const auto config = load_or_fail(R"(
[project]
name = "desk"
memory_limit = "1.5 GB"
threads = 2
[reporting]
time_zone = "Asia/Seoul"
holidays = ["2024-05-05", "--12-25", 2025-01-01]
[load]
batch_size = 7
[staging]
retention = "12h"
[segments]
heavy_tickets = 5
[finance]
overhead_per_month = 12000
breach_penalty = 25.5
[[finance.initiatives]]
name = "portal"
cost = "40000.25"
benefit = 65000
)");
  EXPECT_EQ(config.name, "desk");
  EXPECT_EQ(config.threads, 2);
  EXPECT_EQ(config.reporting_zone.name(), "Asia/Seoul");
  ASSERT_EQ(config.holidays.size(), 3u);
  EXPECT_EQ(config.holidays[1].year, 0);
  EXPECT_EQ(config.holidays[2].year, 2025) << "a TOML date is as good as a text";
  EXPECT_EQ(config.batch_size, 7);
  EXPECT_EQ(config.staging_retention_seconds, 43'200);
  EXPECT_EQ(config.segments.heavy_tickets, 5);
  EXPECT_EQ(config.overhead_per_month, Decimal{12'000 * Decimal::kOne});
  EXPECT_EQ(config.breach_penalty, Decimal{255'000});
  ASSERT_EQ(config.initiatives.size(), 1u);
  EXPECT_EQ(config.initiatives[0].cost, Decimal{400'002'500});
}

TEST(Load, CalendarWeekdaysYieldToTheDayItself) {
  const auto config = load_or_fail(R"(
[calendars.office]
time_zone = "Asia/Seoul"
weekdays = ["13:00-18:00", "09:00-12:00"]
friday = ["09:00-13:00"]
)");
  const auto& office = *config.calendars.at("office");
  // Monday 2024-03-04 and Friday 2024-03-08 in Seoul (UTC+9).
  const auto day = [](const char* from) {
    const auto start = *parse_iso_timestamp(from);
    return std::pair{start, Timestamp{start.us + kMicrosPerDay}};
  };
  const auto [monday, after_monday] = day("2024-03-04T00:00:00+09:00");
  const auto [friday, after_friday] = day("2024-03-08T00:00:00+09:00");
  const auto [sunday, after_sunday] = day("2024-03-10T00:00:00+09:00");
  EXPECT_EQ(office.open_us(monday, after_monday), 8 * kMicrosPerHour);
  EXPECT_EQ(office.open_us(friday, after_friday), 4 * kMicrosPerHour);
  EXPECT_EQ(office.open_us(sunday, after_sunday), 0);
}

TEST(Load, SlaPoliciesComeBeforeTheDefaultAndInheritFromIt) {
  const auto config = load_or_fail(R"(
[calendars.office]
weekdays = ["09:00-17:00"]
[sla]
calendar = "office"
stop_statuses = ["Closed", "Resolved"]
targets = { Critical = { resolution = "2h", response = "10m" } }
[[sla.policies]]
name = "requests"
types = ["Service Request"]
targets = { High = { resolution = "1d" } }
[[sla.policies]]
name = "vip desk"
groups = ["G7"]
calendar = "24x7"
stop_statuses = []
targets = { High = { resolution = "1h" }, Critical = { resolution = "30m" } }
)");
  const auto& policies = config.sla.policies();
  ASSERT_EQ(policies.size(), 3u);
  EXPECT_EQ(policies[0].name, "requests");
  EXPECT_EQ(policies[0].calendar->name(), "office");
  EXPECT_THAT(policies[0].stop_statuses, ElementsAre("Closed", "Resolved"));
  EXPECT_TRUE(policies[1].calendar->always_open());
  EXPECT_TRUE(policies[1].stop_statuses.empty());
  const auto request = config.sla.choose("High", "G1", "Hardware", "Service Request");
  EXPECT_EQ(request.target.resolution_us, kMicrosPerDay);
  EXPECT_EQ(request.target.response_us, 6 * kMicrosPerHour) << "a quarter, where not named";
  const auto critical_request = config.sla.choose("Critical", "G1", "Hardware", "Service Request");
  EXPECT_EQ(critical_request.target.resolution_us, 2 * kMicrosPerHour) << "no target there: falls through";
  EXPECT_EQ(critical_request.target.response_us, 10 * kMicrosPerMinute);
  EXPECT_EQ(config.sla.default_target(0).resolution_us, 72 * kMicrosPerHour) << "not named: stays as built in";
}

TEST(Load, EntityMapping) {
  const auto config = load_or_fail(R"(
[sources.desk.tickets]
path = "data/*.tsv.gz"
encoding = "cp949"
null_words = ["?"]
date_formats = ["%d/%m/%Y %H:%M"]
time_zone = "Europe/Amsterdam"
override_zone = true
custom_fields = ["made_sla"]
version = "mod_count"
[sources.desk.tickets.fields]
id = "number"
status = { column = "state", values = { New = "Open", "On Hold" = "Pending", 7 = "Closed" }, otherwise = "Open" }
requester_id = { constant = 4711 }
subject = { template = "{category} / {sub}", optional = true }
resolved_at = { column = "r", date_formats = ["iso"], time_zone = "UTC", null_words = ["-"] }
)");
  ASSERT_EQ(config.sources.size(), 1u);
  ASSERT_EQ(config.sources[0].entities.size(), 1u);
  const auto& tickets = config.sources[0].entities[0];
  EXPECT_EQ(tickets.source, "desk");
  EXPECT_EQ(tickets.entity, "tickets");
  EXPECT_EQ(tickets.delimiter, '\t') << "from the file's name";
  EXPECT_EQ(tickets.encoding, "cp949");
  EXPECT_EQ(tickets.time_zone.name(), "Europe/Amsterdam");
  EXPECT_TRUE(tickets.override_zone);
  EXPECT_THAT(tickets.custom_fields, ElementsAre("made_sla"));
  EXPECT_EQ(tickets.line, 2);
  ASSERT_EQ(tickets.fields.size(), 6u) << "five fields and the version";
  EXPECT_EQ(find_field(tickets, "version")->column, "mod_count");
  EXPECT_EQ(find_field(tickets, "id")->line, 12);
  const auto& status = *find_field(tickets, "status");
  EXPECT_THAT(status.values,
              testing::UnorderedElementsAre(Pair("New", "Open"), Pair("On Hold", "Pending"), Pair("7", "Closed")));
  EXPECT_EQ(status.otherwise, "Open");
  EXPECT_EQ(find_field(tickets, "requester_id")->constant, "4711");
  EXPECT_EQ(find_field(tickets, "subject")->template_, "{category} / {sub}");
  EXPECT_TRUE(find_field(tickets, "subject")->optional);
  const auto& resolved = *find_field(tickets, "resolved_at");
  EXPECT_THAT(resolved.date_formats, ElementsAre("iso"));
  ASSERT_TRUE(resolved.time_zone.has_value());
  EXPECT_TRUE(resolved.time_zone->is_utc());
}

TEST(Load, WithoutFieldsEachIsTheColumnOfItsName) {
  const auto config = load_or_fail("[sources.desk.tickets]\npath = \"t.csv\"\nversion = \"rev\"\n");
  const auto& tickets = config.sources.at(0).entities.at(0);
  EXPECT_EQ(tickets.delimiter, ',');
  const auto& subject = *find_field(tickets, "subject");
  EXPECT_EQ(subject.column, "subject");
  EXPECT_TRUE(subject.implicit);
  EXPECT_FALSE(subject.optional) << "required: the data has to have it";
  EXPECT_TRUE(find_field(tickets, "priority")->optional) << "has a fallback";
  EXPECT_TRUE(find_field(tickets, "is_deleted")->optional);
  EXPECT_EQ(find_field(tickets, "version")->column, "rev");
  EXPECT_FALSE(find_field(tickets, "version")->implicit);
}

TEST(MayBeAbsent, OnlyWhatNobodyNeeds) {
  const auto config = load_or_fail(R"(
[sources.desk.tickets]
path = "t.csv"
custom_fields = ["kept"]
[sources.desk.tickets.fields]
id = "n"
subject = { column = "s", optional = true }
description = { column = "n", optional = true }
category = { template = "{c}", optional = true }
sub_category = { template = "{c}/{n}" }
type = { column = "kept", optional = true }
)");
  const auto& tickets = config.sources.at(0).entities.at(0);
  EXPECT_TRUE(may_be_absent(tickets, "s"));
  EXPECT_FALSE(may_be_absent(tickets, "n")) << "the id needs it";
  EXPECT_FALSE(may_be_absent(tickets, "c")) << "one of the templates needs it";
  EXPECT_FALSE(may_be_absent(tickets, "kept")) << "custom_fields name it";
}

TEST(Fingerprint, DependsOnMeaningNotOnOrderOrLayout) {
  const auto one = load_or_fail(
      "[sla.targets]\nHigh = {resolution=\"9h\"}\nLow = {resolution=\"80h\"}\n"
      "[segments]\nheavy_tickets = 3\n[calendars.b]\nmonday=[\"09:00-10:00\"]\n"
      "[calendars.a]\nmonday=[\"09:00-10:00\",\"11:00-12:00\"]\n");
  const auto other = load_or_fail(
      "# the same\n[calendars.a]\nmonday=[\"11:00-12:00\",\"09:00-10:00\"]\n"
      "[calendars.b]\nmonday=[\"09:00-10:00\"]\n[segments]\nheavy_tickets = 3\n"
      "[sla]\ntargets = {Low={resolution=\"80h\"}, High={resolution=\"540m\"}}\n");
  EXPECT_EQ(one.fingerprint.size(), 16u);
  EXPECT_EQ(one.fingerprint, other.fingerprint);
}

TEST(Fingerprint, ChangesWithEachThingThatDerivedRowsDependOn) {
  const auto plain = load_or_fail("").fingerprint;
  EXPECT_EQ(load_or_fail("[load]\nbatch_size = 5\n[project]\nthreads = 1\n").fingerprint, plain);
  for (const auto* toml :
       {"[reporting]\ntime_zone = \"Asia/Seoul\"\n", "[reporting]\nholidays = [\"--12-25\"]\n",
        "[sla.targets]\nHigh = {resolution=\"9h\"}\n", "[sla]\nstop_statuses = []\n", "[segments]\nheavy_tickets = 3\n",
        "[finance]\nbreach_penalty = 1\n", "[[finance.initiatives]]\nname=\"a\"\ncost=1\nbenefit=2\n",
        "[calendars.b]\nmonday=[\"09:00-10:00\"]\n",
        "[[sla.policies]]\nname=\"p\"\ntypes=[\"x\"]\ntargets={Low={resolution=\"1h\"}}\n"})
    EXPECT_NE(load_or_fail(toml).fingerprint, plain) << toml;
}

TEST(Load, FreshserviceNeedsNoMappingAndTakesAny) {
  const auto config = load_or_fail(R"(
[sources.fresh]
type = "freshservice"
domain = "acme"
api_key_env = "KEY"
[sources.fresh.tickets]
overlap = "10m"
[sources.fresh.tickets.fields]
sub_category = "custom_fields.office"
status = { column = "status", values = { 2 = "Open", 9 = "Pending" } }
)");
  const auto& entities = config.sources[0].entities;
  ASSERT_EQ(entities.size(), 11u);
  const auto find = [&](std::string_view name) -> const EntityMapping& {
    return *std::ranges::find(entities, name, &EntityMapping::entity);
  };
  const auto& tickets = find("tickets");
  EXPECT_EQ(tickets.overlap_seconds, 600);
  EXPECT_EQ(tickets.find("sub_category")->column, "custom_fields.office");
  EXPECT_EQ(tickets.find("resolved_at")->column, "stats.resolved_at") << "built in";
  EXPECT_EQ(tickets.strategy, Strategy::change);
  EXPECT_EQ(find("agents").strategy, Strategy::full);
  EXPECT_EQ(find("ticket_events").find("status")->values, tickets.find("status")->values)
      << "the history means the same";
  EXPECT_FALSE(find("ticket_events").find("status")->otherwise);
}

TEST(Load, ImportedPoliciesStandBehindOnesOwn) {
  auto config = load_or_fail(R"(
[sla]
stop_statuses = ["Pending"]
[[sla.policies]]
name = "mine"
types = ["Request"]
targets = { High = { resolution = "1h" } }
)");
  const auto own = config.fingerprint;
  const std::string toml = R"(
[calendars."desk: office"]
monday = ["09:00-17:00"]
[[sla.policies]]
name = "theirs"
calendar = "desk: office"
[sla.policies.targets.High]
resolution = "7200s"
)";
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(add_imported_sla(config, toml).has_value());
    ASSERT_EQ(config.sla.policies().size(), 3u);
    EXPECT_EQ(config.sla.choose("High", "", "", "Request").policy->name, "mine");
    const auto theirs = config.sla.choose("High", "", "", "Incident");
    EXPECT_EQ(theirs.target.resolution_us, 2 * kMicrosPerHour);
    EXPECT_EQ(theirs.policy->calendar->name(), "desk: office");
    EXPECT_THAT(theirs.policy->stop_statuses, ElementsAre("Pending")) << "as deskhouse.toml says";
    EXPECT_EQ(config.sla.choose("Low", "", "", "").policy->name, "default");
    EXPECT_NE(config.fingerprint, own);
  }
  ASSERT_TRUE(add_imported_sla(config, "").has_value());
  EXPECT_EQ(config.sla.policies().size(), 2u);
  EXPECT_EQ(config.fingerprint, own);
  EXPECT_FALSE(add_imported_sla(config, "[[sla.policies]]\nname = 7").has_value());
}

}  // namespace
}  // namespace deskhouse::config
