#include "pipeline/compare.h"

#include <gtest/gtest.h>

#include <optional>

namespace deskhouse::pipeline {
namespace {

class Compare : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = warehouse::Database::open({.path = ":memory:"});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    auto connected = database_->connect();
    ASSERT_TRUE(connected);
    connection_.emplace(*std::move(connected));
    execute("attach ':memory:' as l; attach ':memory:' as r; create schema l.core; create schema r.core");
  }
  void execute(const std::string& sql) {
    const auto done = connection_->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  Comparison compare(const ComparedTable& table) {
    auto comparer = DatabaseComparer::make(*connection_, "l", "r");
    EXPECT_TRUE(comparer) << comparer.error().message;
    auto comparison = comparer->compare(table);
    EXPECT_TRUE(comparison) << comparison.error().message;
    return comparison ? *std::move(comparison) : Comparison{};
  }
  // "keys: column left / right", or "equal".
  std::string difference(const ComparedTable& table) {
    const auto comparison = compare(table);
    if (!comparison.difference) return "equal";
    const auto& d = *comparison.difference;
    return d.keys + ": " + d.column + " " + d.left + " / " + d.right;
  }
  std::unique_ptr<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
};

TEST_F(Compare, OrderAndLayoutDoNotMatter) {
  execute("create table l.core.t as select i as id, i % 3 as v from range(5000) s(i)");
  execute(
      "create table r.core.t (v BIGINT, id BIGINT); insert into r.core.t by name from (from l.core.t order by id "
      "desc)");
  const auto same = compare({"core.t", {"id"}, {}});
  EXPECT_FALSE(same.difference);
  EXPECT_EQ(same.left_rows, 5000);
  EXPECT_EQ(same.right_rows, 5000);
}

TEST_F(Compare, NamesTheFirstCellInTheOrderOfTheKeys) {
  execute("create table l.core.t as from (values (1, 'a', 10), (2, 'b', 20), (3, 'c', 30)) t(id, name, v)");
  execute("create table r.core.t as from (values (3, 'c', 31), (2, 'b', 21), (1, 'a', 10)) t(id, name, v)");
  EXPECT_EQ(difference({"core.t", {"id"}, {}}), "id = 2: v 20 / 21");
  EXPECT_EQ(difference({"core.t", {"name", "id"}, {}}), "name = b, id = 2: v 20 / 21");
  EXPECT_EQ(difference({"core.t", {"id"}, {"v"}}), "equal");
}

TEST_F(Compare, NullIsAValueOfItsOwn) {
  execute("create table l.core.t as from (values (1, null), (null, 5)) t(id, v)");
  execute("create table r.core.t as from (values (1, 0), (null, 5)) t(id, v)");
  EXPECT_EQ(difference({"core.t", {"id"}, {}}), "id = 1: v NULL / 0");
  execute("update r.core.t set v = case when id is null then 6 end");
  EXPECT_EQ(difference({"core.t", {"id"}, {}}), "id = NULL: v 5 / 6");
}

TEST_F(Compare, RowsOfOneSideOnlyAndDoubledRows) {
  execute("create table l.core.t as from (values (1), (2)) t(id)");
  execute("create table r.core.t as from (values (1)) t(id)");
  EXPECT_EQ(difference({"core.t", {"id"}, {}}), "id = 2:  1 rows / 0 rows");
  // Twice a doubled row, so that an exclusive or of the hashes alone would see nothing.
  execute("insert into r.core.t values (2), (7), (7)");
  EXPECT_EQ(difference({"core.t", {}, {}}), "id = 7:  0 rows / 2 rows");
}

TEST_F(Compare, TablesOfAnotherShape) {
  execute("create table l.core.only_here as select 1 as id");
  EXPECT_EQ(difference({"core.only_here", {"id"}, {}}), ":  id INTEGER / no such table");
  execute("create table l.core.t as select 1 as id; create table r.core.t as select 1::bigint as id");
  EXPECT_EQ(difference({"core.t", {"id"}, {}}), ":  id INTEGER / id BIGINT");
  execute("create table l.core.v as select 1 as id; use r; create view core.v as select 1 as id; use memory");
  EXPECT_EQ(difference({"core.v", {"id"}, {}}), ":  a table / a view");
}

TEST_F(Compare, ViewsAreComparedByDefinitionElseByTheirRows) {
  for (const auto* side : {"l", "r"})
    execute(
        std::string("use ") + side +
        "; create table core.t as select 1 as id; create view core.v as select id + 1 as n from core.t; use memory");
  const auto same = compare({"core.v", {}, {}});
  EXPECT_TRUE(same.is_view && same.by_definition);
  EXPECT_FALSE(same.difference);

  execute("use r; create or replace view core.v as select 1 + id as n from core.t; use memory");
  const auto other_text = compare({"core.v", {}, {}});
  EXPECT_FALSE(other_text.by_definition);
  EXPECT_FALSE(other_text.difference);
  execute("use r; create or replace view core.v as select 2 + id as n from core.t; use memory");
  EXPECT_EQ(difference({"core.v", {}, {}}), "n = 2:  1 rows / 0 rows");
  const auto current = connection_->scalar_text("select current_database()");
  EXPECT_EQ(current.value(), "memory");  // left as it was
}

}  // namespace
}  // namespace deskhouse::pipeline
