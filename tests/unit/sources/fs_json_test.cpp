#include "sources/fs_json.h"

#include <gmock/gmock.h>

#include "base/time_zone.h"
#include "sources/fs_activity.h"
#include "sources/fs_sla.h"
#include "sources/fs_zones.h"

namespace deskhouse::sources {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(FsJson, RecordsAreAsTheyWereSent) {
  const auto list =
      fs_list(R"({"meta":{"count":2},"tickets":[ {"id":7, "n":1.50,"updated_at":"2024-01-01T00:00:00Z"},{"id":"x"} ]})",
              "tickets");
  ASSERT_TRUE(list && list->size() == 2);
  EXPECT_EQ((*list)[0].text, R"({"id":7, "n":1.50,"updated_at":"2024-01-01T00:00:00Z"})");
  EXPECT_EQ((*list)[0].id, "7");
  EXPECT_EQ((*list)[0].updated_at, parse_iso_timestamp("2024-01-01T00:00:00Z"));
  EXPECT_EQ((*list)[1].id, "x");
  EXPECT_FALSE((*list)[1].updated_at);
  EXPECT_FALSE(fs_list(R"({"ticket":[]})", "tickets"));
  EXPECT_FALSE(fs_list(R"({"tickets":{}})", "tickets"));
}

TEST(FsJson, ASurveyMayBeNull) {
  EXPECT_FALSE(fs_object(R"({"csat_response":null})", "csat_response"));
  EXPECT_EQ(fs_object(R"({"csat_response":{"id":3}})", "csat_response")->text, R"({"id":3})");
}

TEST(FsJson, MembersStandInFront) {
  EXPECT_EQ(fs_with_members(R"({"id":1})", {{"ticket_id", "\"7\""}}), R"({"ticket_id":"7","id":1})");
  EXPECT_EQ(fs_with_members("{ }", {{"a", "1"}, {"b", "2"}}), R"({"a":1,"b":2 })");
}

TEST(FsJson, TypeFieldsLoseTheNumberOfTheType) {
  EXPECT_EQ(
      fs_without_type_numbers(
          R"({"id":1,"type_fields":{"cost_21000855267":12.50,"os_version_21000855200":[1, {"a":2}],"port_2":null},"z":2})"),
      R"({"id":1,"type_fields":{"cost":12.50,"os_version":[1, {"a":2}],"port_2":null},"z":2})");
  EXPECT_EQ(fs_without_type_numbers(R"({"id":1,"type_fields":null})"), R"({"id":1,"type_fields":null})");
  EXPECT_EQ(fs_without_type_numbers(R"({"id":1})"), R"({"id":1})");
}

TEST(FsJson, HoursAndMinutes) {
  EXPECT_EQ(fs_minutes("01:30"), 90);
  EXPECT_EQ(fs_minutes("26:05"), 1565);
  for (const auto* bad : {"", "90", "1:75", "a:10", "-1:10"}) EXPECT_FALSE(fs_minutes(bad)) << bad;
}

TEST(FsActivity, WhatIsSet) {
  EXPECT_THAT(fs_settings(" set Status as Pending and set Agent as Vera and Sons"),
              ElementsAre(FsSetting{"Status", "Pending"}, FsSetting{"Agent", "Vera and Sons"}));
  EXPECT_THAT(fs_settings(" set Agent as Vera and Sons and set Group as Hardware and Printing"),
              ElementsAre(FsSetting{"Agent", "Vera and Sons"}, FsSetting{"Group", "Hardware and Printing"}));
  EXPECT_THAT(fs_settings(" set Status as Open, set Priority as Low,set Category as none"),
              ElementsAre(FsSetting{"Status", "Open"}, FsSetting{"Priority", "Low"}, FsSetting{"Category", "none"}));
  EXPECT_TRUE(fs_settings(" sent a reply").empty());
  EXPECT_TRUE(fs_settings(" reset Status as usual").empty());
}

TEST(FsSla, MinuteOfADay) {
  EXPECT_EQ(fs_minute_of_day("8:00 am"), 480);
  EXPECT_EQ(fs_minute_of_day("12:00 am"), 0);
  EXPECT_EQ(fs_minute_of_day("12:30 pm"), 750);
  EXPECT_EQ(fs_minute_of_day("17:05"), 1025);
  for (const auto* bad : {"", "8", "13:00 pm", "25:00", "8:61"}) EXPECT_EQ(fs_minute_of_day(bad), -1) << bad;
}

TEST(FsSla, PoliciesAsTables) {
  config::Freshservice account;
  account.use_sla_policies = account.use_business_hours = true;
  const FsSlaAnswers answers{.policies = R"({"sla_policies":[
        {"name":"Default","position":1,"is_default":true,"active":true,"applicable_to":{},
         "sla_targets":[{"priority":4,"respond_within":900,"resolve_within":3600,"business_hours":false}]},
        {"name":"VIP","position":2,"active":true,"applicable_to":{"ticket_type":["Incident"],"source":null},
         "sla_targets":[{"priority":1,"respond_within":900,"resolve_within":7200,"business_hours":true}]},
        {"name":"Sales","position":3,"active":true,"applicable_to":{"department_id":[5]},"sla_targets":[]},
        {"name":"Old","position":4,"active":false,"applicable_to":{},"sla_targets":[]}]})",
                             .business_hours = R"json({"business_hours":[
        {"id":1,"name":"Main","is_default":true,"time_zone":"Eastern Time (US & Canada)",
         "service_desk_hours":{"monday":{"beginning_of_workday":"8:00 am","end_of_workday":"12:00 am"}},
         "list_of_holidays":[{"holiday_date":"--01-16"}]},
        {"id":2,"name":"Seoul","time_zone":"Seoul","service_desk_hours":{},"list_of_holidays":[]}]})json",
                             .groups = {R"({"id":9,"business_hours_id":2})"}};
  const auto toml = fs_sla_toml(answers, account, "desk");
  EXPECT_THAT(toml,
              HasSubstr("[calendars.\"desk: Main\"]\ntime_zone = \"America/New_York\"\nmonday = [\"08:00-24:00\"]\n"
                        "holidays = [\"--01-16\"]"));
  EXPECT_THAT(toml, HasSubstr("name = \"VIP\"\ngroups = [\"9\"]\ntypes = [\"Incident\"]\ncalendar = \"desk: Seoul\"\n"
                              "[sla.policies.targets.Low]\nresolution = \"7200s\"\nresponse = \"900s\""));
  EXPECT_THAT(toml, HasSubstr("name = \"Default\"\ncalendar = \"24x7\"\n[sla.policies.targets.Critical]"));
  EXPECT_THAT(toml, HasSubstr("# left out: the policy \"Sales\" applies by department_id"));
  EXPECT_THAT(toml, Not(HasSubstr("Old")));
  EXPECT_LT(toml.find("\"VIP\""), toml.find("\"Default\"")) << "the default one is the last";
}

TEST(FsZones, EveryNameIsAZoneHere) {
  EXPECT_EQ(fs_zone("Europe/Amsterdam"), "Europe/Amsterdam");
  for (const auto* name : {"Eastern Time (US & Canada)", "Nuku'alofa", "Samoa", "International Date Line West", "Kyiv"})
    EXPECT_TRUE(TimeZone::load(fs_zone(name)).has_value()) << name;
}

}  // namespace
}  // namespace deskhouse::sources
