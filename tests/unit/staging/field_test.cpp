// What becomes of one raw value, by the type of its field: the value, or the reason for quarantine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/staging/raw.h"

namespace deskhouse::staging {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

// The staged value; "NULL"; or the reasons in angle brackets.
std::string stage_one(const EntityMapping& mapping, std::string_view field, const std::vector<Cell>& cells) {
  const Staged staged(mapping, {cells});
  if (!staged.error.empty()) return "error: " + staged.error;
  if (staged.out.rejects.empty()) return staged.cell(field).value_or("NULL");
  std::string reasons;
  for (const auto& r : staged.out.rejects[0].reasons)
    reasons += "<" + r.field + ": " + r.reason + " [" + r.value + "]>";
  return reasons;
}

struct Value {
  const char* entity;
  const char* field;
  const char* raw;
  const char* expected;
};

EntityMapping mapping_with(std::string_view entity, const std::string& field) {
  const auto& table = *schema::find_entity(entity);
  EntityMapping mapping{.source = "desk", .entity = std::string(entity), .line = 3};
  mapping.null_words = {"?", "N/A"};
  mapping.fields = {column(field)};
  for (const auto& c : table.columns) {
    if (c.name == field || !c.traits.required || !c.traits.fallback.empty()) continue;
    const bool time = c.type == schema::Type::timestamp;
    const bool number = c.type == schema::Type::decimal;
    const auto text = time ? "2024-01-01T00:00:00Z" : number ? "5" : c.name == "status" ? "Open" : "x";
    mapping.fields.push_back(constant(std::string(c.name), text));
  }
  return mapping;
}

class Values : public testing::TestWithParam<Value> {};

TEST_P(Values, AreStandardisedOrRejectedWithTheReason) {
  const auto& v = GetParam();
  EXPECT_EQ(stage_one(mapping_with(v.entity, v.field), v.field, {v.raw}), v.expected)
      << v.field << " of '" << v.raw << "'";
}

INSTANTIATE_TEST_SUITE_P(Text, Values,
                         testing::Values(Value{"tickets", "subject", "  Printer  ", "Printer"},
                                         Value{"tickets", "subject", "\xC2\xA0Printer\xC2\xA0", "Printer"},
                                         Value{"tickets", "subject", "", "<subject: required, but empty []>"},
                                         Value{"tickets", "subject", " ? ", "<subject: required, but empty [ ? ]>"},
                                         Value{"tickets", "id", "INC0001", "INC0001"},
                                         Value{"tickets", "id", "", "<id: required, but empty []>"},
                                         Value{"tickets", "description", "N/A", "NULL"},
                                         Value{"tickets", "description", "n/a", "n/a"},
                                         Value{"tickets", "description", "   ", "NULL"},
                                         Value{"agents", "email", "Ann.Lee@Example.COM", "ann.lee@example.com"},
                                         Value{"agents", "email", " ?", "NULL"}));

INSTANTIATE_TEST_SUITE_P(
    Allowed, Values,
    testing::Values(Value{"tickets", "status", "open", "Open"}, Value{"tickets", "status", "CLOSED ", "Closed"},
                    Value{"tickets", "status", "New", "<status: not one of Open, Pending, Resolved, Closed [New]>"},
                    Value{"tickets", "status", "", "<status: required, but empty []>"},
                    Value{"tickets", "priority", "", "Medium"}, Value{"tickets", "priority", "?", "Medium"},
                    Value{"tickets", "priority", "critical", "Critical"},
                    Value{"tickets", "priority", "P1", "<priority: not one of Low, Medium, High, Critical [P1]>"},
                    Value{"tickets", "category", "", "General"}, Value{"tickets", "category", "Network", "Network"}));

INSTANTIATE_TEST_SUITE_P(
    Booleans, Values,
    testing::Values(Value{"agents", "is_active", "true", "true"}, Value{"agents", "is_active", "YES", "true"},
                    Value{"agents", "is_active", "t", "true"}, Value{"agents", "is_active", "Y", "true"},
                    Value{"agents", "is_active", "1", "true"}, Value{"agents", "is_active", "False", "false"},
                    Value{"agents", "is_active", "no", "false"}, Value{"agents", "is_active", "F", "false"},
                    Value{"agents", "is_active", "n", "false"}, Value{"agents", "is_active", "0", "false"},
                    Value{"agents", "is_active", "", "NULL"}, Value{"agents", "is_deleted", "", "false"},
                    Value{"agents", "is_active", "2",
                          "<is_active: not a boolean: true, yes, t, y, 1, false, no, f, n or 0 [2]>"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, Values,
    testing::Values(
        Value{"tickets", "reopen_count", "12", "12"}, Value{"tickets", "reopen_count", "12.0", "12"},
        Value{"tickets", "reopen_count", "-3", "-3"}, Value{"tickets", "reopen_count", "", "NULL"},
        Value{"tickets", "reopen_count", "9223372036854775807", "9223372036854775807"},
        Value{"tickets", "reopen_count", "12.5", "<reopen_count: has a fraction, but a whole number is needed [12.5]>"},
        Value{"tickets", "reopen_count", "99999999999999999999",
              "<reopen_count: does not fit in 64 bits [99999999999999999999]>"},
        Value{"tickets", "reopen_count", "1,000", "<reopen_count: not a whole number [1,000]>"},
        Value{"agents", "hourly_cost", "45.5", "45.5"}, Value{"agents", "hourly_cost", "45.50000", "45.5"},
        Value{"agents", "hourly_cost", "-0.0001", "-0.0001"},
        Value{"agents", "hourly_cost", "45.12345", "<hourly_cost: not representable with four decimals [45.12345]>"},
        Value{"agents", "hourly_cost", "1e15", "<hourly_cost: more than 14 digits before the decimal point [1e15]>"},
        Value{"agents", "hourly_cost", "45,5", "<hourly_cost: not a number [45,5]>"},
        Value{"surveys", "score", "", "<score: required, but empty []>"}));

INSTANTIATE_TEST_SUITE_P(
    Times, Values,
    testing::Values(
        Value{"tickets", "created_at", "2024-03-05T14:07:09+02:00", "2024-03-05T12:07:09Z"},
        Value{"tickets", "created_at", "20245-01-01", "<created_at: year 20245 is out of 1970..2100 [20245-01-01]>"},
        Value{"tickets", "created_at", "infinity", "<created_at: infinity is not a date-time [infinity]>"},
        Value{"tickets", "resolved_at", "0000-00-00 00:00:00",
              "<resolved_at: zero date 0000-00-00 [0000-00-00 00:00:00]>"},
        Value{"tickets", "resolved_at", "?", "NULL"},
        Value{"tickets", "resolved_at", "5/3/2024",
              "<resolved_at: not a date-time of any declared format (iso) [5/3/2024]>"},
        Value{"assets", "acquired_on", "2024-03-05", "2024-03-05"},
        Value{"assets", "acquired_on", "2024-03-05T23:30:00-05:00", "2024-03-05"},
        Value{"assets", "acquired_on", "1900-01-01", "<acquired_on: year 1900 is out of 1970..2100 [1900-01-01]>"}));

INSTANTIATE_TEST_SUITE_P(Json, Values,
                         testing::Values(Value{"tickets", "custom_fields", "{\"a\": [1, 2]}", "{\"a\": [1, 2]}"},
                                         Value{"tickets", "custom_fields", "", "NULL"}));

TEST(JsonField, InvalidJsonIsNamedAsSuch) {
  const auto result = stage_one(mapping_with("tickets", "custom_fields"), "custom_fields", {"{a}"});
  EXPECT_TRUE(result.starts_with("<custom_fields: not valid JSON: ")) << result;
}

TEST(NullCell, IsAsGoodAsEmpty) {
  EXPECT_EQ(stage_one(mapping_with("tickets", "priority"), "priority", {std::nullopt}), "Medium");
  EXPECT_EQ(stage_one(mapping_with("tickets", "subject"), "subject", {std::nullopt}),
            "<subject: required, but empty []>");
}

TEST(LongValue, IsCutInTheReason) {
  const Staged staged(mapping_with("tickets", "status"), {{std::string(5000, 'x')}});
  EXPECT_EQ(staged.out.rejects.at(0).reasons.at(0).value.size(), 200u);
}

TEST(ValueMapping, ComesBeforeNullWordsAndOtherwiseAfterThem) {
  auto mapping = mapping_with("tickets", "status");
  mapping.fields[0].values = {{"New", "open"}, {"?", "Pending"}, {"", "Closed"}};
  mapping.fields[0].otherwise = "resolved";
  EXPECT_EQ(stage_one(mapping, "status", {" New "}), "Open") << "in the canonical spelling";
  EXPECT_EQ(stage_one(mapping, "status", {"?"}), "Pending");
  EXPECT_EQ(stage_one(mapping, "status", {""}), "Closed");
  EXPECT_EQ(stage_one(mapping, "status", {std::nullopt}), "Closed");
  EXPECT_EQ(stage_one(mapping, "status", {"new"}), "Resolved");
  EXPECT_EQ(stage_one(mapping, "status", {"N/A"}), "<status: required, but empty [N/A]>");
}

TEST(ValueMapping, EmptyMeansNullOrTheFallback) {
  auto mapping = mapping_with("tickets", "priority");
  mapping.fields[0].values = {{"5", ""}};
  EXPECT_EQ(stage_one(mapping, "priority", {"5"}), "Medium");
  mapping = mapping_with("tickets", "channel");
  mapping.fields[0].values = {{"web", ""}};
  EXPECT_EQ(stage_one(mapping, "channel", {"web"}), "NULL");
}

TEST(ValueMapping, AppliesToTypedFields) {
  auto mapping = mapping_with("agents", "is_active");
  mapping.fields[0].values = {{"employed", "yes"}, {"left", "false"}};
  EXPECT_EQ(stage_one(mapping, "is_active", {"employed"}), "true");
  EXPECT_EQ(stage_one(mapping, "is_active", {"left"}), "false");
}

TEST(StatedNobody, IsEmptyTextInTheHistoryOnly) {
  auto mapping = mapping_with("ticket_events", "assigned_to");
  mapping.fields[0].values = {{"-", ""}};
  EXPECT_EQ(stage_one(mapping, "assigned_to", {"-"}), "");
  EXPECT_EQ(stage_one(mapping, "assigned_to", {""}), "NULL") << "not stated";
  EXPECT_EQ(stage_one(mapping, "assigned_to_key", {"-"}), "NULL");
}

TEST(Template, JoinsColumnsAndIsNullIfAllAre) {
  auto mapping = mapping_with("tickets", "subject");
  mapping.fields[0] = {.field = "subject", .template_ = "{category} / {sub}", .line = 9};
  EXPECT_EQ(stage_one(mapping, "subject", {" Network ", "VPN"}), "Network / VPN");
  EXPECT_EQ(stage_one(mapping, "subject", {"Network", "?"}), "Network /");
  EXPECT_EQ(stage_one(mapping, "subject", {"", std::nullopt}), "<subject: required, but empty []>");
}

TEST(CustomFields, BecomeOneJsonObjectOfTexts) {
  auto mapping = tickets({});
  mapping.null_words = {"?"};
  mapping.custom_fields = {"made_sla", "say \"x\"", "n"};
  EXPECT_EQ(stage_one(mapping, "custom_fields", {"1", "true", "a\nb", "007"}),
            R"({"made_sla":"true","say \"x\"":"a\nb","n":"007"})");
  EXPECT_EQ(stage_one(mapping, "custom_fields", {"1", "?", "", "5"}), R"({"n":"5"})");
  EXPECT_EQ(stage_one(mapping, "custom_fields", {"1", "?", "", std::nullopt}), "NULL");
}

TEST(OptionalText, IsEmptyWhereTheSourceHasNone) {
  auto mapping = mapping_with("tickets", "subject");
  mapping.fields[0] = {.field = "subject", .optional = true};
  const Staged staged(mapping, {{}});
  ASSERT_EQ(staged.out.rows.rows(), 1u) << staged.error;
  EXPECT_EQ(staged.cell("subject"), "");
  EXPECT_EQ(staged.counts("subject").defaulted, 1);
}

TEST(Counts, EachValueOnceUnderWhatHappenedToIt) {
  auto mapping = tickets({column("priority"), column("description"), column("resolved_at"), column("reopen_count")});
  mapping.null_words = {"?"};
  mapping.time_zone = TimeZone::load("Europe/Amsterdam").value();
  mapping.date_formats = {"iso", "%d/%m/%Y %H:%M"};
  // The raw columns in the schema's order.
  ASSERT_EQ((*make_stager(mapping))->raw_columns(),
            (std::vector<std::string>{"id", "description", "priority", "resolved_at", "reopen_count"}));
  const Staged staged(mapping, {{"1", "a", "", "2024-01-05T10:00:00Z", "3"},
                                {"2", " a", "high ", "29/2/2016 1:16", "3.0"},
                                {"3", "?", "?", "27/10/2024 2:30", "?"},
                                {"4", "", "High", "2024-03-31 02:30", ""}});
  ASSERT_EQ(staged.out.rows.rows(), 4u);
  const auto priority = staged.counts("priority");
  EXPECT_EQ(priority.defaulted, 2);
  EXPECT_EQ(priority.nulled, 1);
  EXPECT_EQ(priority.converted, 1) << "trimmed and respelt, one value";
  const auto description = staged.counts("description");
  EXPECT_EQ(description.converted, 1);
  EXPECT_EQ(description.nulled, 1);
  EXPECT_EQ(description.defaulted, 0);
  const auto resolved = staged.counts("resolved_at");
  EXPECT_EQ(resolved.converted, 3);
  EXPECT_EQ(resolved.ambiguous_time, 2);
  EXPECT_THAT(resolved.formats,
              UnorderedElementsAre(Pair("iso", 1), Pair("iso without zone", 1), Pair("%d/%m/%Y %H:%M", 2)));
  EXPECT_EQ(staged.counts("reopen_count").converted, 1);
  EXPECT_EQ(staged.stager->field_counts().count("created_at"), 0u) << "a constant changes nothing";
}

}  // namespace
}  // namespace deskhouse::staging
