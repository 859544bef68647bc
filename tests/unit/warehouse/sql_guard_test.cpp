#include "warehouse/sql_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deskhouse::warehouse {
namespace {

using testing::HasSubstr;

class Guard : public testing::Test {
 protected:
  Guard() : database_(Database::open({.path = ":memory:"}).value()), connection_(database_->connect().value()) {
    EXPECT_TRUE(
        connection_.execute("create schema core; create schema staging; create schema mart_service_desk; "
                            "create table core.fact_tickets (id bigint, priority varchar); "
                            "create table staging.quarantine (raw blob); "
                            "create view mart_service_desk.daily_flow as select count(*) as n from core.fact_tickets"));
  }
  std::string refusal(std::string_view sql) {
    const auto verdict = guard_.check(connection_, sql);
    return verdict ? "" : verdict.error().message;
  }
  bool is_stable(std::string_view sql) { return guard_.check(connection_, sql).value().is_stable; }

  std::unique_ptr<Database> database_;
  Connection connection_;
  SqlGuard guard_;
};

TEST_F(Guard, SelectsOverTheWarehouseAreAllowed) {
  for (const auto* sql : {
           "select priority, count(*) filter (id > 3) as n from core.fact_tickets group by all order by n desc",
           "with a as (select 1 as x), b as (select x + 1 as y from a) select * from a join b on b.y > a.x",
           "select *, row_number() over (partition by priority order by id) from core.fact_tickets qualify true",
           "select date_trunc('month', d)::date from generate_series(date '2026-01-01', date '2026-12-01', interval 1 "
           "day) g(d)",
           "select n from mart_service_desk.daily_flow where n >= $1",
           "select [x * 2 for x in [1, 2, 3]], {'a': 1}.a, case when 1 = 1 then 'y' end, 'a' like 'b%', 5 // 2",
           "from core.fact_tickets select id union all select 1",
           "with recursive r as (select 1 as x union all select x + 1 from r where x < 3) select * from r",
           "with a as (select 1 as x) select (select max(x) from a) where exists (with b as (from a) from b)",
       })
    EXPECT_EQ(refusal(sql), "") << sql;
}

TEST_F(Guard, FilesAreOutOfReach) {
  for (const auto* sql : {
           "select * from read_csv('/etc/passwd')",
           "select * from read_text('/etc/passwd')",
           "from read_blob('*')",
           "from '/etc/passwd'",
           "from 'x.parquet'",
           "from core.csv",
           "from core.\"/etc/passwd\"",
           "from glob('*')",
           "select * from (select * from core.fact_tickets, lateral read_csv('/etc/passwd'))",
           "select (select content from read_text('/etc/passwd') limit 1)",
           "from parquet_scan('x')",
           "from duckdb_secrets()",
           "copy (select 1) to '/tmp/x' (use_tmp_file false)",
           "attach '/tmp/x.duckdb'",
           "export database '/tmp'",
           "from sniff_csv('/etc/passwd')",
           "from query('select 1')",
           "from query_table('core.fact_tickets')",
           "select getenv('HOME')",
           "with a as (from read_csv('x')) select 1",
           "from folder.csv",
           "select * from (with \"f.csv\" as (select 1) from \"f.csv\") a, \"f.csv\"",
           "select * from (with f as (select 1) from f) a, f",
           "with f as (from f) from f",
           "with f as (from g), g as (select 1) from f",
       })
    EXPECT_NE(refusal(sql), "") << sql;
}

TEST_F(Guard, NothingIsChanged) {
  for (const auto* sql :
       {"delete from core.fact_tickets", "select 1; drop table core.fact_tickets", "set memory_limit = '1TB'",
        "pragma database_list", "create table x as select 1", "insert into core.fact_tickets values (1, 'x')",
        "call force_checkpoint()", "begin", "explain analyze select 1", "load icu", "checkpoint", "select nextval('s')",
        "select setseed(0.5)", "describe core.fact_tickets"})
    EXPECT_NE(refusal(sql), "") << sql;
  EXPECT_THAT(refusal("delete from core.fact_tickets"), HasSubstr("only SELECT"));
}

TEST_F(Guard, WhatGrowsWithoutBoundsAndWhatIsNotForReadersIsRefused) {
  EXPECT_THAT(refusal("select repeat('x', 1500000000)"), HasSubstr("repeat is not on the list"));
  EXPECT_THAT(refusal("select lpad('x', 1500000000, 'y')"), HasSubstr("lpad"));
  EXPECT_THAT(refusal("from staging.quarantine"), HasSubstr("'staging' is not for queries"));
  EXPECT_THAT(refusal("from fact_tickets"), HasSubstr("which schema"));
  EXPECT_THAT(refusal("from core.nothing"), HasSubstr("no table core.nothing"));
  EXPECT_THAT(refusal("from information_schema.tables"), HasSubstr("information_schema"));
  EXPECT_THAT(refusal("select current_setting('memory_limit')"), HasSubstr("current_setting"));
  EXPECT_NE(refusal("selec 1"), "");
  EXPECT_NE(refusal(""), "");
  EXPECT_THAT(refusal(std::string(100'001, ' ')), HasSubstr("100000"));
}

TEST_F(Guard, TheProjectsOwnSqlMayLookAtStagingToo) {
  constexpr auto kProject = SqlGuard::Author::project;
  EXPECT_TRUE(guard_.check(connection_, "from staging.quarantine", kProject).has_value());
  for (const auto* sql : {"from folder.csv", "from 'x.csv'", "from staging.\"x.csv\"", "from information_schema.tables",
                          "delete from staging.quarantine"})
    EXPECT_FALSE(guard_.check(connection_, sql, kProject).has_value()) << sql;
}

TEST_F(Guard, WhatAsksForTheTimeIsNotStable) {
  EXPECT_TRUE(is_stable("select count(*) from core.fact_tickets"));
  EXPECT_FALSE(is_stable("select now()"));
  EXPECT_FALSE(is_stable("select current_date - 1"));
  EXPECT_FALSE(is_stable("select id from core.fact_tickets order by random()"));
}

TEST_F(Guard, SelectReadsWithParametersAndLimits) {
  const Parameter values[] = {std::int64_t{41}, std::string("it's"), Parameter{}};
  const auto answer = connection_.select("select $1 + 1 as n, $2 as t, $3 as none, [1, 2] as l", values, {});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->rows.display(0, 0), "42");
  EXPECT_EQ(answer->rows.display(0, 1), "it's");
  EXPECT_TRUE(answer->rows.is_null(0, 2));
  EXPECT_EQ(answer->rows.display(0, 3), "[1, 2]");
  const auto many = connection_.select("select * from range(100000)", {}, {.rows = 5000});
  EXPECT_EQ(many->rows.row_count(), 5000u);
  EXPECT_TRUE(many->truncated);
  const auto slow = connection_.select("select count(*) from range(100000000000), range(100000)", {},
                                       {.time = std::chrono::milliseconds(100)});
  ASSERT_FALSE(slow.has_value());
  EXPECT_THAT(slow.error().message, HasSubstr("longer than 0.1 s"));
  EXPECT_FALSE(connection_.select("insert into core.fact_tickets values (1, 'x')", {}, {}).has_value())
      << "it can only read";
  EXPECT_FALSE(connection_.select("select $1", {}, {}).has_value());
  EXPECT_EQ(connection_.scalar("select count(*) from core.fact_tickets"), 0) << "the connection is as it was";
}

}  // namespace
}  // namespace deskhouse::warehouse
