// What is asked of the server, without one; that the server then gives the right rows: tests/sources_real.
#include "sources/mysql_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNoon = 1'772'366'400'000'000;  // 2026-03-01T12:00:00Z

class MysqlQuery : public testing::Test {
 protected:
  MysqlQuery() {
    entity_.source = "desk";
    entity_.entity = "tickets";
    entity_.table = "tickets";
    entity_.strategy = config::Strategy::change;
    entity_.fields.push_back({.field = "id", .column = "id"});
    entity_.fields.push_back({.field = "created_at", .column = "born"});
    entity_.fields.push_back({.field = "updated_at", .column = "changed"});
    relation_ = {.from = "`desk`.`tickets`",
                 .shown = "desk.tickets",
                 .database = "desk",
                 .table = "tickets",
                 .engine = "InnoDB",
                 .id = "20260101T000000/77",
                 .columns = {{"id", MysqlForm::plain, "bigint"},
                             {"born", MysqlForm::timestamp, "timestamp"},
                             {"changed", MysqlForm::timestamp, "timestamp"},
                             {"bits", MysqlForm::bit, "bit"},
                             {"clock", MysqlForm::datetime, "datetime"}}};
    snapshot_.sees_all = true;
    snapshot_.database = "desk";
    snapshot_.clocks = {Timestamp{kNoon}, Timestamp{kNoon}, Timestamp{kNoon - kMicrosPerMinute}};
  }

  bool scans() const { return scans_all(entity_, relation_, snapshot_); }
  MysqlStatement statement(const Since& since) {
    const auto cursor = find_cursor(entity_, relation_);
    EXPECT_TRUE(cursor.has_value()) << cursor.error().message;
    return make_statement(entity_, relation_, *cursor, scans(), snapshot_, {.columns = asked_, .select = select_},
                          since);
  }
  // What the first run left.
  Since after_first() { return {Timestamp{kNoon}, statement({}).state.text()}; }
  static std::string after(const MysqlStatement& statement) {
    EXPECT_EQ(statement.variables.size(), 1u);
    return statement.variables.empty() ? "" : statement.variables[0].second;
  }

  std::vector<std::string> asked_ = {"id", "changed", "bits"}, select_ = asked_;
  config::EntityMapping entity_;
  MysqlRelation relation_;
  MysqlSnapshot snapshot_;
};

TEST_F(MysqlQuery, FirstRunReadsAll) {
  const auto first = statement({});
  EXPECT_TRUE(first.reads_all);
  EXPECT_EQ(first.sql, "select `id`, `changed`, (`bits` + 0) from `desk`.`tickets`");
  EXPECT_EQ(SqlState::parse(first.state.text())->text(), first.state.text());
}

TEST_F(MysqlQuery, AColumnThatCameIsReadOfAllRowsAndOneThatWentOfNone) {
  const auto since = after_first();
  select_ = {"id", "changed"};
  EXPECT_FALSE(statement(since).reads_all) << "what was read stays as it was";
  const Since without{since.watermark, statement(since).state.text()};
  select_ = asked_;
  EXPECT_TRUE(statement(without).reads_all) << "it is back: rows that did not change have it too";
}

TEST_F(MysqlQuery, ATableWhoseColumnWentIsTheSameTable) {
  const auto since = after_first();
  std::erase_if(relation_.columns, [](const auto& column) { return column.name == "bits"; });
  select_ = {"id", "changed"};
  relation_.id = "20260301T000000/78";  // as an ALTER leaves it
  const auto next = statement(since);
  EXPECT_FALSE(next.reads_all) << "what was read of the column would be lost";
  relation_.id = "20260301T000000/79";
  EXPECT_TRUE(statement({since.watermark, next.state.text()}).reads_all) << "no column went since";
}

TEST_F(MysqlQuery, ABackfillIsBoundToItsPeriod) {
  auto since = after_first();
  since.period = Period{Timestamp{kNoon - kMicrosPerHour}, Timestamp{kNoon}};
  const auto asked = statement(since);
  EXPECT_FALSE(asked.reads_all);
  EXPECT_THAT(asked.sql, HasSubstr("`changed` >= cast(@deskhouse_updated_at_from as datetime(6))"));
  EXPECT_THAT(asked.sql, HasSubstr("`born` < cast(@deskhouse_created_at_to as datetime(6))"));
  ASSERT_EQ(asked.variables.size(), 4u);
  EXPECT_EQ(asked.variables[0].second, "2026-03-01T11:00:00");
}

TEST_F(MysqlQuery, LaterRunsGoBackToTheOldestTransaction) {
  const auto next = statement(after_first());
  EXPECT_FALSE(next.reads_all);
  EXPECT_THAT(next.sql, HasSubstr("`changed` > cast(@deskhouse_after as datetime(6))"));
  EXPECT_THAT(next.sql, HasSubstr("(`changed` is null or `changed` = 0)"));
  EXPECT_THAT(next.sql, HasSubstr("order by `changed`, `id`"));
  EXPECT_EQ(after(next), "2026-03-01T11:54:00") << "a minute before noon, less the overlap";
}

TEST_F(MysqlQuery, LocalTimesAreComparedInTheirZone) {
  entity_.fields.back().column = "clock";
  entity_.time_zone = TimeZone::load("Europe/Amsterdam").value();
  EXPECT_EQ(after(statement(after_first())), "2026-03-01T10:54:00")
      << "12:54 there, with room for a change of the clock";
}

TEST_F(MysqlQuery, AnotherTableOrServerIsReadFromTheStart) {
  const auto since = after_first();
  EXPECT_FALSE(statement(since).reads_all);
  relation_.id = "20260101T000000/78";
  EXPECT_TRUE(statement(since).reads_all);
  relation_.id = "20260101T000000/77";
  snapshot_.server = "another";
  EXPECT_TRUE(statement(since).reads_all);
  snapshot_.server = "";
  entity_.query = "select 1";
  EXPECT_TRUE(statement(since).reads_all);
  entity_.query = "";
  Since other = since;
  other.state.replace(0, 2, "pg");
  EXPECT_TRUE(statement(other).reads_all);
}

TEST_F(MysqlQuery, AllIsReadWhereNobodyTellsWhatIsOpen) {
  EXPECT_FALSE(scans());
  relation_.engine = "RocksDB";
  EXPECT_TRUE(scans());
  relation_.engine = "MyISAM";  // has no transactions
  EXPECT_FALSE(scans());
  snapshot_.sees_all = false;
  EXPECT_TRUE(scans());
  EXPECT_TRUE(statement(after_first()).reads_all);
  entity_.horizon = config::Horizon::window;
  EXPECT_FALSE(scans());
  snapshot_.sees_all = true;
  entity_.horizon = config::Horizon::scan;
  EXPECT_TRUE(scans());
}

TEST_F(MysqlQuery, ModifiedOrCreated) {
  entity_.strategy = config::Strategy::modified_or_created;
  const auto next = statement(after_first());
  EXPECT_THAT(next.sql, HasSubstr("coalesce(nullif(`changed`, 0), `born`)"));
  EXPECT_THAT(next.sql, HasSubstr("`born` > cast(@deskhouse_after as datetime(6))"));
}

TEST_F(MysqlQuery, NoColumnsAreStillRows) {
  const auto cursor = find_cursor(entity_, relation_).value();
  EXPECT_EQ(make_statement(entity_, relation_, cursor, false, snapshot_, {}, {}).sql, "select 1 from `desk`.`tickets`");
}

TEST_F(MysqlQuery, WhatAStrategyCannotGoByIsRefused) {
  entity_.fields.back().column = "bits";
  EXPECT_THAT(find_cursor(entity_, relation_).error().message, HasSubstr("is no timestamp"));
  entity_.fields.back().column = "clock";
  entity_.strategy = config::Strategy::modified_or_created;
  EXPECT_THAT(find_cursor(entity_, relation_).error().message, HasSubstr("columns of one type"));
}

TEST_F(MysqlQuery, NamesOfTables) {
  using Parts = std::pair<std::string, std::string>;
  EXPECT_EQ(mysql_table_name("tickets"), (Parts{"", "tickets"}));
  EXPECT_EQ(mysql_table_name("desk.tickets"), (Parts{"desk", "tickets"}));
  EXPECT_EQ(mysql_table_name("`my desk`.`a``b.c`"), (Parts{"my desk", "a`b.c"}));
  EXPECT_EQ(mysql_table_name("desk.`x`"), (Parts{"desk", "x"}));
  for (const auto* bad : {"", ".", "a.", ".a", "a.b.c", "`a", "`a`b", "a`b`", "``", "`a`.`"})
    EXPECT_EQ(mysql_table_name(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace deskhouse::sources
