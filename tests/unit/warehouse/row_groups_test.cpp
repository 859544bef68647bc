#include "warehouse/row_groups.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/config/project.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::warehouse {
namespace {

class RowGroups : public testing::Test {
 protected:
  RowGroups() {
    auto database = Database::open({.path = (project_.folder() / "w.duckdb").string(), .memory_limit = "256MB"});
    EXPECT_TRUE(database) << database.error().message;
    database_ = *std::move(database);
    connection_ = *database_->connect();
    EXPECT_TRUE(migrate(*connection_));
  }
  void execute(const std::string& sql) {
    const auto done = connection_->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::int64_t scalar(const std::string& sql) { return (*connection_->scalar(sql)).value_or(-1); }
  std::vector<RowGroup> groups(const std::string& table) { return *read_row_groups(*connection_, table); }
  std::int64_t hash(const std::string& table) {
    return scalar("select (bit_xor(hash(t)) // 2)::bigint from " + table + " t");
  }
  // As many runs, each of them published by a checkpoint.
  void append(int runs, int rows) {
    for (int i = 0; i < runs; ++i)
      execute("begin; insert into core.t select hash(random()), repeat('x', 20) from range(" + std::to_string(rows) +
              "); insert into meta.runs (run_id, kind, status, as_of, started_at, version) values (1, 'run', "
              "'succeeded', timestamp '2026-01-01', timestamp '2026-01-01', ''); commit; checkpoint");
  }
  std::int64_t merge() {
    const auto merged = merge_appended(*connection_, database_->places());
    EXPECT_TRUE(merged) << merged.error().message;
    return merged.value_or(-1);
  }
  std::int64_t close(double share) {
    const auto closed = close_gaps(*connection_, database_->places(), share);
    EXPECT_TRUE(closed) << closed.error().message;
    return closed.value_or(-1);
  }

  config::Project project_{""};
  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(RowGroups, AreReadWithTheirRows) {
  execute("create table core.t as select i from range(200000) r(i); checkpoint; delete from core.t where i < 1000");
  append(0, 0);
  const auto all = groups("core.t");
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].first, 0);
  EXPECT_EQ(all[0].places + all[1].places, 200'000);
  EXPECT_EQ(all[0].rows, all[0].places - 1'000);
  EXPECT_EQ(all[1].first, all[0].places);
}

TEST_F(RowGroups, OfManyRunsAreMergedIntoFullOnes) {
  execute("create table core.t as select hash(i) as h, i::varchar as text from range(300000) r(i); checkpoint");
  EXPECT_TRUE(*has_many_row_groups(*connection_)) << "nothing is known of any table";
  EXPECT_EQ(merge(), 0) << "what was filled at once stays";
  append(3, 10'000);
  EXPECT_FALSE(*has_many_row_groups(*connection_));
  append(30, 10'000);
  ASSERT_TRUE(*has_many_row_groups(*connection_));
  const auto before = groups("core.t").size();
  const auto content = hash("core.t");
  EXPECT_GT(before, 30);
  EXPECT_GE(merge(), 330'000);
  EXPECT_LT(groups("core.t").size(), 10);
  EXPECT_EQ(groups("meta.runs").size(), 1);
  EXPECT_EQ(scalar("select count(*) from core.t"), 630'000);
  EXPECT_EQ(hash("core.t"), content);
  EXPECT_FALSE(*has_many_row_groups(*connection_));
  EXPECT_EQ(merge(), 0) << "nothing has come since";
}

// Of any number of runs there are few row groups, and each row was written again a few times.
TEST_F(RowGroups, AreFewAtAnyTimeForLittleWriting) {
  execute("create table core.t (h ubigint, text varchar)");
  merge();
  std::int64_t written = 0;
  std::size_t most = 0;
  constexpr int kTimes = 40;
  for (int i = 0; i < kTimes; ++i) {
    append(8, 2'000);
    written += merge();
    most = std::max(most, groups("core.t").size());
  }
  EXPECT_EQ(scalar("select count(*) from core.t"), kTimes * 16'000);
  EXPECT_LE(most, 12);
  EXPECT_LT(written, 5 * kTimes * 16'000);
}

TEST_F(RowGroups, OfWholeBlobsStayAsTheyAre) {
  execute("create table core.t (h ubigint, text varchar); create table staging.b (payload blob)");
  merge();
  append(8, 10);
  for (int i = 0; i < 5; ++i)
    execute("insert into staging.b select repeat('y', 1000000)::blob from range(16); checkpoint");
  const auto before = groups("staging.b").size();
  merge();
  EXPECT_EQ(groups("staging.b").size(), before);
  EXPECT_EQ(close(0), 0);
}

TEST_F(RowGroups, WithManyGapsAreClosed) {
  execute(
      "create table core.t as select i, i::varchar as text from range(500000) r(i); checkpoint; "
      "delete from core.t where i % 5 < 2; checkpoint");
  const auto content = hash("core.t");
  EXPECT_EQ(close(0.5), 0) << "too few";
  EXPECT_EQ(close(0.2), 300'000);
  EXPECT_LT(scalar("select estimated_size from duckdb_tables() where table_name = 't'"), 400'000);
  EXPECT_EQ(hash("core.t"), content);
  EXPECT_EQ(close(0.2), 0);
}

TEST_F(RowGroups, AreRewrittenInPartsWhereThereAreMillions) {
  execute(
      "create table core.t as select i, i::varchar as text from range(4000000) r(i); checkpoint; "
      "delete from core.t where i % 5 < 2; checkpoint");
  const auto content = hash("core.t");
  EXPECT_EQ(close(0), 2'400'000);
  EXPECT_LT(scalar("select estimated_size from duckdb_tables() where table_name = 't'"), 2'600'000);
  EXPECT_EQ(hash("core.t"), content);
}

TEST_F(RowGroups, KeepNoIndexOfWhereTheirRowsWere) {
  execute(
      "create table core.t as select hash(i)::hugeint::bigint // 2 as h, i from range(300000) r(i) where hash(i) < "
      "9000000000000000000; checkpoint");
  auto& places = database_->places();
  const std::pair<std::string, std::string> index{"core.t", "h"};
  ASSERT_TRUE(places.open(*connection_));
  places.follow(*connection_, std::span(&index, 1));
  const auto manifest = project_.folder() / "w.duckdb.places" / "manifest";
  ASSERT_TRUE(std::filesystem::exists(manifest));
  execute("delete from core.t where i % 2 = 0; checkpoint");
  EXPECT_GT(close(0), 0);
  EXPECT_FALSE(std::filesystem::exists(manifest)) << "whoever dies here leaves nothing that is not true";
  places.follow(*connection_, std::span(&index, 1));
  ASSERT_TRUE(places.open(*connection_));
  const auto key = scalar("select h from core.t where i = 77777 or i = 77779 limit 1");
  const auto rows = places.rows_of(*connection_, "core.t", "h", std::span(&key, 1));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(scalar("select count(*) from (" + rows->select("h", "core.t") + ") where h = " + std::to_string(key)), 1);
}

}  // namespace
}  // namespace deskhouse::warehouse
