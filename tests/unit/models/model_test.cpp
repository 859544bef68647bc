#include "models/model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace deskhouse::models {
namespace {

constexpr std::string_view kGood = R"(-- name: core.sums
-- grain: day
-- kind: additive(day, priority)
-- from: core.fact_tickets_stored
-- derive: mean = total / nullif(tickets, 0)
-- description: Sums
--   over two lines.
-- owner: core
-- audits: unique(day, priority), not_null(day)
select 1 as day from {{source}} join operational.tickets t on true;
)";

TEST(Model, ReadsTheHeaderAndLeavesTheBody) {
  const auto model = parse_model("models/core/sums.sql", kGood);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "core.sums");
  EXPECT_EQ(model->kind, Kind::additive);
  EXPECT_EQ(model->columns, (std::vector<std::string>{"day", "priority"}));
  ASSERT_EQ(model->derive.size(), 1u);
  EXPECT_EQ(model->derive[0].second, "total / nullif(tickets, 0)");
  EXPECT_EQ(model->audits, (std::vector<std::string>{"unique(day, priority)", "not_null(day)"}));
  EXPECT_EQ(model->references, (std::vector<std::string>{"core.fact_tickets_stored", "operational.tickets"}));
  EXPECT_TRUE(model->body.starts_with("select 1"));
  EXPECT_FALSE(model->body.ends_with(";"));
}

TEST(Model, SaysWhichHeaderIsWrongAndWhere) {
  const auto kind = parse_model("m.sql", "-- name: core.x\n-- kind: cube\nselect 1");
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().message,
            "m.sql:2: kind is 'cube'; write view, table, keyed(key_column) or additive(grain columns)");
  const auto unknown = parse_model("m.sql", "-- name: core.x\n-- grein: day\nselect 1");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("m.sql:2: unknown header 'grein'"), std::string::npos);
  const auto rows = parse_model("m.sql", "-- name: core.x\n-- slice_rows: many\nselect 1");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message, "m.sql:2: slice_rows is a number of rows");
  EXPECT_FALSE(parse_model("m.sql", "select 1"));
  EXPECT_FALSE(parse_model("m.sql", "-- name: core.x\n-- kind: keyed(key)\nselect 1 as key"));
}

TEST(Model, OnlyTablesLieByMonth) {
  const auto table = parse_model("m.sql", "-- name: core.x\n-- kind: table\n-- partition_by: created_at\nselect 1");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->partition_by, "created_at");
  const auto view = parse_model("m.sql", "-- name: core.x\n-- kind: view\n-- partition_by: created_at\nselect 1");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().message, "m.sql:1: partition_by is for tables and keyed models");
}

TEST(Model, ReferencesAreWholeNames) {
  EXPECT_EQ(referenced_tables("from core.dim_agent a, xcore.nothing, a.core.nothing, mart_asset.today"),
            (std::vector<std::string>{"core.dim_agent", "mart_asset.today"}));
}

TEST(Model, ColumnsReadAreThoseThatTheSqlNames) {
  const auto model = [](std::string_view header, std::string_view body) {
    auto parsed = parse_model("m.sql", fmt::format("-- name: core.x\n{}\n{}", header, body));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return std::move(*parsed);
  };
  const std::vector<std::string> columns = {"key", "status", "is_open", "open"};
  const auto read = [&](const Model& m) { return columns_read({m}, "operational.tickets", columns); };
  using Names = std::vector<std::string>;
  EXPECT_EQ(read(model("-- kind: keyed(k)\n-- changed: select key from {{old operational.tickets}} where is_open",
                       "select status as k from operational.tickets")),
            (Names{"key", "is_open"}));
  EXPECT_EQ(read(model("-- kind: additive(status)\n-- from: operational.tickets",
                       "select status, count(*) as n from {{source}}")),
            (Names{"status"}));
  EXPECT_EQ(read(model("-- kind: additive(status)\n-- from: operational.tickets", "select t.* from {{source}} t")),
            columns);
  EXPECT_EQ(read(model("-- kind: keyed(k)\n-- changed: (from {{new operational.tickets}})", "select 1 as k")), columns);
  EXPECT_EQ(read(model("-- kind: table", "select status from operational.tickets")), Names{});
}

TEST(Model, BuiltInOnesComeAfterWhatTheyReference) {
  const auto models = load_models("/nonexistent");
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_GT(models->size(), 30u);
  for (auto it = models->begin(); it != models->end(); ++it)
    for (const auto& reference : it->references)
      EXPECT_TRUE(std::none_of(it + 1, models->end(), [&](const Model& later) { return later.name == reference; }))
          << it->name << " before " << reference;
}

}  // namespace
}  // namespace deskhouse::models
