// What a user reads whose mapping does not fit the schema, word by word.
#include <gtest/gtest.h>

#include "unit/staging/raw.h"

namespace deskhouse::staging {
namespace {

std::string error_of(const EntityMapping& mapping) {
  const auto made = make_stager(mapping);
  return made ? "made" : made.error().message;
}

TEST(Plan, UnknownEntityAndField) {
  EXPECT_EQ(error_of({.source = "desk", .entity = "ticket", .line = 4}),
            "deskhouse.toml:4: there is no entity 'ticket'; did you mean 'tickets'?");
  EXPECT_EQ(error_of(tickets({column("prioritty")})),
            "deskhouse.toml:9: field 'prioritty' of tickets of source 'desk': there is no such field; did you mean "
            "'priority'?");
  EXPECT_EQ(error_of(tickets({column("subject"), column("subject")})),
            "deskhouse.toml:9: field 'subject' of tickets of source 'desk': is mapped twice");
}

TEST(Plan, RequiredFieldsSayHowTheyCanBeFilled) {
  EntityMapping mapping{.source = "desk", .entity = "agents", .line = 4};
  EXPECT_EQ(error_of(mapping),
            "deskhouse.toml:4: field 'id' of agents of source 'desk': required, but not mapped; name a column, { "
            "constant "
            "= \"...\" } or { template = \"...\" }\n"
            "deskhouse.toml:4: field 'name' of agents of source 'desk': required, but not mapped; name a column, { "
            "constant = \"...\" } or { template = \"...\" }, or { optional = true } where the source has none\n"
            "deskhouse.toml:4: field 'updated_at' of agents of source 'desk': required, but not mapped; name the "
            "column "
            "that orders the versions of a record, or, where each record comes once, { constant = "
            "\"1970-01-01T00:00:00Z\" }: then the later position wins");
}

TEST(Plan, ValuesOfTheMappingMustFitTheSchema) {
  auto status = column("status");
  status.values = {{"New", "Opened"}};
  EXPECT_EQ(error_of(tickets({status})),
            "deskhouse.toml:9: field 'status' of tickets of source 'desk': 'New' = 'Opened': not "
            "one of Open, "
            "Pending, Resolved, Closed");
  status.values = {{"New", ""}};
  EXPECT_EQ(error_of(tickets({status})),
            "deskhouse.toml:9: field 'status' of tickets of source 'desk': the value of 'New' is empty, but "
            "the field is "
            "required");
  status.values = {{"New", "Open"}};
  status.otherwise = "Other";
  EXPECT_EQ(error_of(tickets({status})),
            "deskhouse.toml:9: field 'status' of tickets of source 'desk': otherwise 'Other': not one of "
            "Open, Pending, "
            "Resolved, Closed");
  EXPECT_EQ(error_of(tickets({constant("reopen_count", "few")})),
            "deskhouse.toml:9: field 'reopen_count' of tickets of source 'desk': constant 'few': not a "
            "whole number");
  EXPECT_EQ(error_of(tickets({constant("closed_at", "9999-01-01")})),
            "deskhouse.toml:9: field 'closed_at' of tickets of source 'desk': constant '9999-01-01': year "
            "9999 is out of "
            "1970..2100");
  EXPECT_EQ(error_of(tickets({constant("subject", "  ")})),
            "deskhouse.toml:9: field 'subject' of tickets of source 'desk': the constant is empty");
}

TEST(Plan, OptionalOnlyWhereNothingNeedsIt) {
  auto created = column("created_at");
  created.optional = true;
  EXPECT_EQ(error_of(tickets({created})),
            "deskhouse.toml:9: field 'created_at' of tickets of source 'desk': cannot be optional: every "
            "record needs one; "
            "use a column or a constant");
  auto closed = column("closed_at");
  closed.optional = true;
  EXPECT_EQ(error_of(tickets({closed})), "made");
}

TEST(Plan, BadFormatOfTheEntityIsToldOnce) {
  auto mapping = tickets({});
  mapping.date_formats = {"%d/%m"};
  EXPECT_EQ(error_of(mapping),
            "deskhouse.toml:3: tickets of source 'desk': date format '%d/%m': a format needs a "
            "year, a month "
            "and a day (%Y %m %d), or is iso, epoch_s or epoch_ms");
}

TEST(Plan, Templates) {
  const auto with = [](const char* text) { return tickets({{.field = "subject", .template_ = text, .line = 9}}); };
  const std::string where = "deskhouse.toml:9: field 'subject' of tickets of source 'desk': ";
  EXPECT_EQ(error_of(with("{a")), where + "the template needs the name of a raw column between { and }");
  EXPECT_EQ(error_of(with("{}")), where + "the template needs the name of a raw column between { and }");
  EXPECT_EQ(error_of(with("fixed")), where + "the template names no raw column; for a fixed text use `constant`");
  EXPECT_EQ(error_of(with("{a}{b}")), "made");
}

TEST(Plan, CustomFieldsOnceAndOnlyForTickets) {
  auto mapping = tickets({column("custom_fields")});
  mapping.custom_fields = {"a"};
  EXPECT_EQ(error_of(mapping),
            "deskhouse.toml:9: field 'custom_fields' of tickets of source 'desk': is listed in custom_fields "
            "too; keep one "
            "of them");
  EntityMapping groups{.source = "desk", .entity = "groups", .line = 4};
  groups.fields = {column("id"), column("name")};
  groups.custom_fields = {"a"};
  EXPECT_EQ(error_of(groups),
            "deskhouse.toml:4: field 'custom_fields' of groups of source 'desk': there is no such field");
}

TEST(Plan, RawColumnsAreNamedOnceInTheOrderOfTheSchema) {
  auto mapping = tickets({{.field = "subject", .template_ = "{category}: {short}"}, column("category"), column("id")});
  mapping.custom_fields = {"short", "made_sla"};
  const auto stager = make_stager(mapping);
  ASSERT_TRUE(stager) << stager.error().message;
  EXPECT_EQ((*stager)->raw_columns(), (std::vector<std::string>{"id", "category", "short", "made_sla"}));
}

}  // namespace
}  // namespace deskhouse::staging
