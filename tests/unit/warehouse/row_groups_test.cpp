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

TEST_F(RowGroups, OfTablesThatOthersWriteToStayWhereTheyAre) {
  execute("create table core.t (h ubigint, text varchar)");
  merge();
  append(8, 0);
  for (int i = 0; i < 3; ++i)
    execute("insert into meta.alert_channels select 'c', 0, 0, 0, null, null, null, null from range(3); checkpoint");
  // A delivery is recorded while a run merges.
  auto beside = *database_->connect();
  ASSERT_TRUE(beside.execute("begin; update meta.alert_channels set sent = sent + 1"));
  EXPECT_GT(merge(), 0);
  EXPECT_TRUE(beside.execute("commit"));
  execute("checkpoint");  // none could be made before
  EXPECT_EQ(groups("meta.runs").size(), 1);
  EXPECT_EQ(groups("meta.alert_channels").size(), 3);
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

class IndexedRowGroups : public RowGroups {
 protected:
  // Keys of 300,000 rows and where they are, as after a bulk load.
  void SetUp() override {
    execute("create table core.t as select (hash(i) // 4)::bigint as h, i from range(300000) r(i); checkpoint");
    ASSERT_TRUE(places().open(*connection_));
    follow();
    ASSERT_TRUE(std::filesystem::exists(manifest_));
  }
  Places& places() { return database_->places(); }
  void follow() { places().follow(*connection_, std::span(&index_, 1)); }
  // How many rows of i are found where the index says.
  std::int64_t found(const std::string& i) {
    const auto key = scalar("select h from core.t where i = " + i);
    EXPECT_TRUE(places().open(*connection_));
    const auto rows = places().rows_of(*connection_, "core.t", "h", std::span(&key, 1));
    EXPECT_TRUE(rows) << rows.error().message;
    EXPECT_FALSE(rows->finds_own_rows) << "by the index";
    return scalar("select count(*) from (" + rows->select("i", "core.t") + ") where i = " + i);
  }

  const std::filesystem::path manifest_ = project_.folder() / "w.duckdb.places" / "manifest";
  const std::pair<std::string, std::string> index_{"core.t", "h"};
};

TEST_F(IndexedRowGroups, AreFoundWhereTheyWentTo) {
  merge();
  for (int run = 0; run < 3; ++run) {
    for (int i = 0; i < 8; ++i) {
      execute("insert into core.t select (hash(i) // 4)::bigint, i from range(" +
              std::to_string(300'000 + (8 * run + i) * 1'000) + ", " + std::to_string(301'000 + (8 * run + i) * 1'000) +
              ") r(i); checkpoint");
      follow();
    }
    EXPECT_GT(merge(), 0);
    EXPECT_FALSE(std::filesystem::exists(manifest_)) << "whoever dies here leaves nothing that is not true";
    follow();
    const auto last = std::to_string(300'000 + 8'000 * (run + 1) - 1);
    for (const std::string i : {"0", "77777", "299999", "300000", "307999", last.c_str()}) EXPECT_EQ(found(i), 1) << i;
  }
  EXPECT_TRUE(std::filesystem::exists(manifest_.parent_path() / "1.places")) << "the index was made anew";
}

TEST_F(IndexedRowGroups, AreFoundAfterGapsWereClosed) {
  execute("delete from core.t where i % 2 = 0; checkpoint");
  EXPECT_GT(close(0), 0);
  EXPECT_FALSE(std::filesystem::exists(manifest_));
  follow();
  for (const std::string i : {"1", "77777", "299999"}) EXPECT_EQ(found(i), 1) << i;
}

}  // namespace
}  // namespace deskhouse::warehouse
