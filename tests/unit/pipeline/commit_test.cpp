#include "pipeline/commit.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

// The stages that committing run `id` says it goes through.
std::vector<std::string> commit(Desk& desk, std::int64_t id, bool has_deleted_much) {
  auto& warehouse = desk.warehouse();
  auto transaction = warehouse::Transaction::begin(warehouse.connection);
  EXPECT_TRUE(transaction);
  std::vector<std::string> stages, notices;
  std::optional<warehouse::OneThread> none;
  const auto done = commit_run({.connection = warehouse.connection,
                                .places = warehouse.database->places(),
                                .run_id = id,
                                .has_deleted_much = has_deleted_much,
                                .is_one_of_many = false,
                                .announce = [&](const std::string& stage) { stages.push_back(stage); },
                                .notice = [&](const std::string& text) { notices.push_back(text); }},
                               *transaction, none);
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(notices, std::vector<std::string>{});
  return stages;
}

TEST(Commit, ClosesGapsAfterMuchWasDeletedAndNowAndThen) {
  Desk desk{kTickets};
  desk.execute("create table core.gaps as select i from range(300000) t(i)");
  desk.execute("checkpoint");
  desk.execute("delete from core.gaps where i % 10 <> 0");
  EXPECT_EQ(commit(desk, 3, false), std::vector<std::string>{"commit"});
  EXPECT_EQ(desk.rows("select estimated_size from duckdb_tables() where table_name = 'gaps'"), "300000");
  const std::vector<std::string> closes = {"commit", "closing the gaps of deleted rows"};
  EXPECT_EQ(commit(desk, 3, true), closes);
  EXPECT_EQ(desk.rows("select estimated_size < 60000 from duckdb_tables() where table_name = 'gaps'"), "true");
  EXPECT_EQ(commit(desk, 50, false), closes);
}

TEST(Commit, MergesRowGroupsAfterSomeRuns) {
  Desk desk{kTickets};
  const std::vector<std::string> merges = {"commit", "merging row groups"};
  EXPECT_EQ(commit(desk, 1, false), merges) << "the first time, to know where it begins";
  EXPECT_EQ(commit(desk, 5, false), std::vector<std::string>{"commit"});
  for (int i = 0; i < 8; ++i)
    desk.execute(
        "insert into meta.runs (run_id, kind, status, as_of, started_at, version) values (1, 'run', "
        "'succeeded', timestamp '2026-01-01', timestamp '2026-01-01', ''); checkpoint");
  EXPECT_EQ(commit(desk, 8, false), std::vector<std::string>{"commit"});
  EXPECT_EQ(commit(desk, 9, false), merges);
  EXPECT_EQ(desk.rows("select count(distinct row_group_id) from pragma_storage_info('meta.runs')"), "1");
}

}  // namespace
}  // namespace deskhouse::pipeline
