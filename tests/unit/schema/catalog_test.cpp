#include "schema/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "schema/batch.h"

namespace deskhouse::schema {
namespace {

TEST(Catalog, HasTheTenEntitiesAndTheHistoryInOrderOfExtraction) {
  std::vector<std::string_view> names;
  for (const auto& table : entities()) names.push_back(table.name);
  EXPECT_EQ(names, (std::vector<std::string_view>{"groups", "departments", "agents", "requesters", "assets", "problems",
                                                  "changes", "ticket_events", "tickets", "surveys", "time_entries"}));
}

TEST(Catalog, FindsByExactName) {
  ASSERT_NE(find_entity("tickets"), nullptr);
  EXPECT_EQ(find_entity("tickets")->name, "tickets");
  EXPECT_EQ(find_entity("ticket"), nullptr);
  EXPECT_EQ(find_entity(""), nullptr);
}

TEST(Catalog, TypedTableIsTheOneOfTheName) {
  for (const auto& table : entities())
    with_entity(table.name, [&](const auto& typed) {
      EXPECT_EQ(typed.name, table.name);
      EXPECT_EQ(typed.kColumns, table.columns.size());
    });
}

TEST(Catalog, EveryDescriptionIsCompleteAndConsistent) {
  for (const auto& table : entities()) {
    EXPECT_EQ(table.columns.front().name, "id") << table.name;
    EXPECT_FALSE(table.doc.empty()) << table.name;
    std::set<std::string_view> seen;
    for (const auto& c : table.columns) {
      const auto where = std::string(table.name) + "." + std::string(c.name);
      EXPECT_TRUE(seen.insert(c.name).second) << where << " is described twice";
      EXPECT_FALSE(c.doc.empty()) << where;
      EXPECT_FALSE(c.traits.required && c.nullable) << where << " is required, so its member is no optional";
      EXPECT_TRUE(c.nullable || c.traits.required || c.type == Type::boolean) << where << " has nothing for NULL";
      EXPECT_TRUE(c.traits.references.empty() || find_entity(c.traits.references) != nullptr) << where;
      const auto allowed = c.traits.allowed;
      EXPECT_TRUE(allowed.empty() || c.traits.fallback.empty() ||
                  std::find(allowed.begin(), allowed.end(), c.traits.fallback) != allowed.end())
          << where;
    }
  }
}

TEST(Catalog, CreateTableIsGolden) {
  EXPECT_EQ(create_table_sql(*find_entity("departments"), "operational.departments"),
            "CREATE TABLE operational.departments (\n"
            "  key BIGINT NOT NULL,\n"
            "  id VARCHAR NOT NULL,\n"
            "  name VARCHAR NOT NULL,\n"
            "  head_user_id VARCHAR,\n"
            "  head_user_key BIGINT,\n"
            "  headcount BIGINT,\n"
            "  cost_center VARCHAR,\n"
            "  updated_at TIMESTAMP,\n"
            "  is_deleted BOOLEAN NOT NULL,\n"
            "  source VARCHAR NOT NULL,\n"
            "  position BIGINT NOT NULL,\n"
            "  row_hash BIGINT NOT NULL,\n"
            "  loaded_at TIMESTAMP NOT NULL,\n"
            "  run_id BIGINT NOT NULL\n"
            ")");
}

TEST(Catalog, CreateTableHasTheColumnsOfABatchInTheirOrder) {
  for (const auto& table : entities()) {
    const auto sql = create_table_sql(table, "t");
    std::size_t at = sql.find("key BIGINT NOT NULL");
    for (const auto& column : batch_columns(table)) {
      const auto found = sql.find("\n  " + column.name + " ", at);
      ASSERT_NE(found, std::string::npos) << table.name << "." << column.name;
      const auto line = sql.substr(found + 1, sql.find('\n', found + 1) - found - 1);
      EXPECT_EQ(line.find("NOT NULL") == std::string::npos, column.nullable) << table.name << ": " << line;
      at = found;
    }
  }
}

TEST(Catalog, SqlTypes) {
  const std::map<Type, std::string> expected{{Type::text, "VARCHAR"},        {Type::boolean, "BOOLEAN"},
                                             {Type::integer, "BIGINT"},      {Type::decimal, "DECIMAL(18,4)"},
                                             {Type::timestamp, "TIMESTAMP"}, {Type::date, "DATE"},
                                             {Type::json, "VARCHAR"}};
  for (const auto& [type, sql] : expected) EXPECT_EQ(sql_type(type), sql);
}

TEST(Catalog, FingerprintIsStableWithinABuildAndSixteenHexDigits) {
  EXPECT_EQ(fingerprint(), fingerprint());
  EXPECT_TRUE(std::regex_match(fingerprint(), std::regex("[0-9a-f]{16}"))) << fingerprint();
}

}  // namespace
}  // namespace deskhouse::schema
