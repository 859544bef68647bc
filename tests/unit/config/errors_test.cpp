// What a user reads who made a mistake in deskhouse.toml: the whole message, word by word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/project.h"

namespace deskhouse::config {
namespace {

using testing::HasSubstr;

struct Mistake {
  const char* name;
  const char* toml;
  const char* message;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithFileLineAndRemedy) {
  EXPECT_EQ(problem_of(GetParam().toml), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Shape, Mistakes,
    testing::Values(
        Mistake{"Syntax", "[project\nname = 1\n",
                "deskhouse.toml:1: Error while parsing table header: expected ']', saw '\\n'"},
        Mistake{"UnknownTable", "[projct]\nname = \"x\"\n",
                "deskhouse.toml:1: unknown key 'projct' at the top level; did you mean 'project'?"},
        Mistake{"UnknownField",
                "[sources.x.tickets]\npath = \"a.csv\"\n[sources.x.tickets.fields]\nid = \"n\"\nprioritty = "
                "\"p\"\n",
                "deskhouse.toml:5: unknown key 'prioritty' in [sources.x.tickets.fields]; did you mean "
                "'priority'?"},
        Mistake{"FieldOfAnotherEntity", "[sources.x.groups]\npath = \"a.csv\"\nfields = { subject = \"s\" }\n",
                "deskhouse.toml:3: unknown key 'subject' in [sources.x.groups.fields]"},
        Mistake{"UnknownEntity", "[sources.x.ticket]\npath = \"a.csv\"\n",
                "deskhouse.toml:1: unknown key 'ticket' in [sources.x]; did you mean 'tickets'?"},
        Mistake{"UnknownFieldKey",
                "[sources.x.tickets]\npath = \"a.csv\"\nfields.id = { column = \"n\", value = { a = \"b\" } }\n",
                "deskhouse.toml:3: unknown key 'value' in [sources.x.tickets.fields.id]; did you mean 'values'?"},
        Mistake{"UnknownPriority", "[sla.targets]\nUrgent = { resolution = \"4h\" }\n",
                "deskhouse.toml:2: unknown key 'Urgent' in [sla.targets]"},
        Mistake{"UnknownWeekday", "[calendars.office]\nmonnday = [\"09:00-17:00\"]\n",
                "deskhouse.toml:2: unknown key 'monnday' in [calendars.office]; did you mean 'monday'?"},
        Mistake{"WrongType", "[load]\nbatch_size = \"many\"\n",
                "deskhouse.toml:2: load.batch_size must be a whole number, not \"many\""},
        Mistake{"TableExpected", "sources = 5\n", "deskhouse.toml:1: sources must be a table, not 5"},
        Mistake{"ListOfTablesExpected", "[sla.policies]\nname = \"x\"\n",
                "deskhouse.toml:1: sla.policies must be a list of tables: write [[sla.policies]]"},
        Mistake{"Maintenance", "[maintenance]\nevery = \"weekly\"\n",
                "deskhouse.toml:2: maintenance.every: 'weekly' is neither a duration such as \"1d\" nor \"never\""},
        Mistake{"Duration", "[staging]\nretention = \"1 week\"\n",
                "deskhouse.toml:2: staging.retention must be a duration such as \"90s\", \"5m\", \"12h\" or "
                "\"1d\", "
                "not \"1 week\""},
        Mistake{
            "Sweep", "[sources.x.tickets]\npath = \"a.csv\"\nsweep = \"daily\"\n",
            "deskhouse.toml:3: sources.x.tickets.sweep: 'daily' is neither a duration such as \"12h\" or \"1d\" nor "
            "\"never\""},
        Mistake{"SweepOfEvents", "[sources.x.ticket_events]\npath = \"a.csv\"\nsweep = \"1d\"\n",
                "deskhouse.toml:3: sources.x.ticket_events.sweep: ticket_events are never deleted, only added"},
        Mistake{"Contract", "[sources.x.tickets]\npath = \"a.csv\"\ncontract = \"frozen\"\n",
                "deskhouse.toml:3: sources.x.tickets.contract: 'frozen' is not one of evolve, freeze, discard_row, "
                "discard_value"},
        Mistake{"Hours", "[calendars.office]\nmonday = [\"18:00-09:00\"]\n",
                "deskhouse.toml:2: calendars.office.monday must be a list of opening hours such as "
                "[\"09:00-12:00\", "
                "\"13:00-18:00\"], not [\"18:00-09:00\"]"},
        Mistake{"Holiday", "[reporting]\nholidays = [\"2024-02-30\"]\n",
                "deskhouse.toml:2: reporting.holidays must be a list of days such as [\"2024-05-05\", "
                "\"--12-25\"] (-- "
                "for every year), not [\"2024-02-30\"]"},
        Mistake{"Amount", "[finance]\nbreach_penalty = 1.23456\n",
                "deskhouse.toml:2: finance.breach_penalty must be a number with at most four decimals, not "
                "1.23456"}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Values, Mistakes,
    testing::Values(
        Mistake{"OutOfRange", "[load]\nbatch_size = 0\n",
                "deskhouse.toml:2: load.batch_size: must be from 1 to 10000000, not 0"},
        Mistake{"MemoryLimit", "[project]\nmemory_limit = \"lots\"\n",
                "deskhouse.toml:2: project.memory_limit: 'lots' is neither a number with KB, MB or GB nor 'auto'"},
        Mistake{"UnknownCalendar", "[calendars.office]\nmonday = [\"09:00-17:00\"]\n[sla]\ncalendar = \"offce\"\n",
                "deskhouse.toml:4: sla.calendar: no calendar 'offce' (known: 24x7, office); did you mean "
                "'office'?"},
        Mistake{"BuiltInCalendar", "[calendars.24x7]\nmonday = [\"09:00-17:00\"]\n",
                "deskhouse.toml:1: calendars.24x7: 24x7 is built in; choose another name"},
        Mistake{"StopStatus", "[sla]\nstop_statuses = [\"pending\"]\n",
                "deskhouse.toml:2: sla.stop_statuses: 'pending' is not one of Open, Pending, Resolved, "
                "Closed; did you "
                "mean 'Pending'?"},
        Mistake{"TargetWithoutResolution", "[sla.targets]\nHigh = { response = \"1h\" }\n",
                "deskhouse.toml:2: sla.targets.High: needs `resolution`, the longest time to resolve"},
        Mistake{"PathMissing", "[sources.x.tickets]\nformat = \"csv\"\n",
                "deskhouse.toml:1: sources.x.tickets.path: required: the file, folder or glob to read"},
        Mistake{"Format", "[sources.x.tickets]\npath = \"a\"\nformat = \"parket\"\n",
                "deskhouse.toml:3: sources.x.tickets.format: 'parket' is not one of automatic, csv, jsonl, "
                "parquet; did "
                "you mean 'parquet'?"},
        Mistake{"KindOfSource", "[sources.x]\ntype = \"oracle\"\n[sources.x.tickets]\npath = \"a\"\n",
                "deskhouse.toml:2: sources.x.type: 'oracle' is not a kind of source; known: files, postgresql, mysql, "
                "freshservice"},
        Mistake{"ServerKeyOfFiles", "[sources.x]\nhost = \"a\"\n[sources.x.tickets]\npath = \"a\"\n",
                "deskhouse.toml:2: sources.x.host: means nothing for a source of type files"},
        Mistake{"StrategyWithoutItsField",
                "[sources.x]\ntype = \"postgresql\"\n[sources.x.groups]\ntable = \"t\"\nstrategy = \"change\"\n"
                "fields = { id = \"id\", name = \"name\" }\n",
                "deskhouse.toml:5: sources.x.groups.strategy: needs updated_at to be mapped to a column"},
        Mistake{"HistoryOfGroups", "[sources.x.groups]\npath = \"a\"\nhistory = \"events\"\n",
                "deskhouse.toml:3: sources.x.groups.history: groups have none; only tickets do"},
        Mistake{"History", "[sources.x.tickets]\npath = \"a\"\nhistory = \"event\"\n",
                "deskhouse.toml:3: sources.x.tickets.history: 'event' is not one of versions, events; did you mean "
                "'events'?"},
        Mistake{"StrategyOfEventsWithoutItsField",
                "[sources.x]\ntype = \"postgresql\"\n[sources.x.ticket_events]\ntable = \"t\"\nstrategy = \"change\"\n"
                "fields = { ticket_id = \"id\", event_at = { constant = \"2026-01-01\" } }\n",
                "deskhouse.toml:5: sources.x.ticket_events.strategy: needs event_at to be mapped to a column"},
        Mistake{"TableAndQuery",
                "[sources.x]\ntype = \"postgresql\"\n[sources.x.groups]\ntable = \"t\"\nquery = \"q\"\n",
                "deskhouse.toml:5: sources.x.groups.query: name one of table and query"},
        Mistake{"TwoPasswords",
                "[sources.x]\ntype = \"postgresql\"\npassword_env = \"A\"\npassword_file = \"b\"\n"
                "[sources.x.groups]\ntable = \"t\"\n",
                "deskhouse.toml:4: sources.x.password_file: name one of password_env and password_file"},
        Mistake{"DsnOfMysql", "[sources.x]\ntype = \"mysql\"\ndsn = \"host=a\"\n[sources.x.groups]\ntable = \"t\"\n",
                "deskhouse.toml:3: sources.x.dsn: means nothing for a source of type mysql"},
        Mistake{"SslmodeOfMysql",
                "[sources.x]\ntype = \"mysql\"\nsslmode = \"verify_full\"\n[sources.x.groups]\ntable = \"t\"\n",
                "deskhouse.toml:3: sources.x.sslmode: 'verify_full' is not one of prefer, disable, require, verify-ca, "
                "verify-full; did you mean 'verify-full'?"},
        Mistake{"VerifyCaWithoutCertificates",
                "[sources.x]\ntype = \"mysql\"\nsslmode = \"verify-ca\"\n[sources.x.groups]\ntable = \"t\"\n",
                "deskhouse.toml:3: sources.x.sslmode: verify-ca needs sslrootcert"},
        Mistake{"SourceWithoutEntity", "[sources.x]\ntype = \"files\"\n",
                "deskhouse.toml:2: sources.x.type: the source has no entity; add [sources.x.tickets]"},
        Mistake{"TwoOrigins",
                "[sources.x.tickets]\npath = \"a\"\n[sources.x.tickets.fields]\nid = { column = \"n\", "
                "constant = 5 }\n",
                "deskhouse.toml:4: sources.x.tickets.fields.id.column: only one of column, constant and "
                "template can fill "
                "a field"},
        Mistake{"NoOrigin", "[sources.x.tickets]\npath = \"a\"\n[sources.x.tickets.fields]\nid = { null_words = [] }\n",
                "deskhouse.toml:4: sources.x.tickets.fields.id.column: name a column, a constant or a "
                "template, or say "
                "optional = true"},
        Mistake{"OtherwiseAlone",
                "[sources.x.tickets]\npath = \"a\"\n[sources.x.tickets.fields]\n"
                "status = { column = \"s\", otherwise = \"Open\" }\n",
                "deskhouse.toml:4: sources.x.tickets.fields.status.otherwise: means nothing without `values`"},
        Mistake{"CustomFieldsElsewhere", "[sources.x.groups]\npath = \"a\"\ncustom_fields = [\"b\"]\n",
                "deskhouse.toml:3: sources.x.groups.custom_fields: groups have none; only tickets do"},
        Mistake{"Delimiter", "[sources.x.groups]\npath = \"a\"\ndelimiter = \"||\"\n",
                "deskhouse.toml:3: sources.x.groups.delimiter: must be one ASCII character"},
        Mistake{"Initiative", "[[finance.initiatives]]\nname = \"portal\"\ncost = 0\nbenefit = 3\n",
                "deskhouse.toml:3: finance.initiatives.cost: must be more than 0"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Errors, AllMistakesAreToldAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(problem_of("[sla]\ncalendar = \"a\"\n[load]\nbatch_size = 0\n[sources.x.tickets]\nformat = \"csv\"\n"),
            "deskhouse.toml:2: sla.calendar: no calendar 'a' (known: 24x7)\n"
            "deskhouse.toml:4: load.batch_size: must be from 1 to 10000000, not 0\n"
            "deskhouse.toml:5: sources.x.tickets.path: required: the file, folder or glob to read");
}

TEST(Errors, UnknownZoneIsNamedWithItsLine) {
  const auto message = problem_of("[reporting]\ntime_zone = \"Europe/Amsterdamm\"\n");
  EXPECT_TRUE(message.starts_with("deskhouse.toml:2: reporting.time_zone: ")) << message;
  EXPECT_NE(message.find("Europe/Amsterdamm"), std::string::npos) << message;
}

TEST(Errors, MissingFileNamesInit) {
  const auto config = load("no/such/folder");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, Error::Kind::config);
  EXPECT_EQ(config.error().message,
            "no/such/folder/deskhouse.toml does not exist. Write one with `deskhouse init`, or name the "
            "project folder "
            "with -C.");
}

TEST(Errors, FolderInsteadOfFileIsAnErrorToo) {
  const Project project("");
  std::filesystem::remove(project.folder() / "deskhouse.toml");
  std::filesystem::create_directory(project.folder() / "deskhouse.toml");
  const auto config = load(project.folder());
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("cannot be read"), std::string::npos) << config.error().message;
}

TEST(Errors, OfAFreshservice) {
  const auto problem = [](const std::string& keys) {
    return problem_of("[sources.fresh]\ntype = \"freshservice\"\n" + keys);
  };
  const std::string key = "api_key_env = \"KEY\"\n", url = "domain = \"acme\"\n";
  EXPECT_EQ(problem(url + key), "loaded");
  EXPECT_EQ(problem("url = \"http://127.0.0.1:80\"\n" + key), "loaded");
  EXPECT_THAT(problem(key), HasSubstr("name one of domain and url"));
  EXPECT_THAT(problem(url + "url = \"https://a.b\"\n" + key), HasSubstr("name one of domain and url"));
  EXPECT_THAT(problem("domain = \"acme/x\"\n" + key), HasSubstr("is not the name of an account"));
  for (const auto* bad : {"http://acme.freshservice.com", "http://127.0.0.1.evil.com", "https://", "ftp://a",
                          "https://user@acme.freshservice.com"})
    EXPECT_THAT(problem("url = \"" + std::string(bad) + "\"\n" + key), HasSubstr("is not an address such as")) << bad;
  EXPECT_THAT(problem(url), HasSubstr("name one of api_key_env and api_key_file"));
  EXPECT_THAT(problem(url + key + "entities = [\"tikets\"]"), HasSubstr("did you mean 'tickets'"));
  EXPECT_THAT(problem(url + key + "workspaces = [\"IT\"]"), HasSubstr("is not the number of a workspace"));
  EXPECT_THAT(problem(url + key + "use_business_hours = true"), HasSubstr("means nothing without use_sla_policies"));
  EXPECT_THAT(problem(url + key + "sla_targets_in = \"hours\""), HasSubstr("must be seconds or minutes"));
  EXPECT_THAT(problem(url + key + "host = \"db1\""), HasSubstr("means nothing for a source of type freshservice"));
  EXPECT_THAT(problem(url + key + "[sources.fresh.tickets]\npath = \"a.csv\""),
              HasSubstr("means nothing for a source"));
  EXPECT_THAT(problem_of("[sources.f]\ndomain = \"acme\"\n[sources.f.tickets]\npath = \"a.csv\""),
              HasSubstr("means nothing for a source of type files"));
}

}  // namespace
}  // namespace deskhouse::config
