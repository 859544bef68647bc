#include "pipeline/commit.h"

#include "desk.h"

namespace deskhouse::pipeline {
namespace {

TEST(Commit, ClosesGapsOnceAndLeavesLaterCheckpointsAsTheyWere) {
  Desk desk{kTickets};
  auto& warehouse = desk.warehouse();
  desk.execute("create table core.gaps as select i from range(300000) t(i)");
  desk.execute("checkpoint");
  desk.execute("delete from core.gaps where i % 10 <> 0");
  auto transaction = warehouse::Transaction::begin(warehouse.connection);
  ASSERT_TRUE(transaction);
  std::vector<std::string> stages;
  std::optional<warehouse::OneThread> none;
  const auto done = commit_run({.connection = warehouse.connection,
                                .places = warehouse.database->places(),
                                .run_id = 1,
                                .has_deleted_much = true,
                                .is_one_of_many = false,
                                .announce = [&](const std::string& stage) { stages.push_back(stage); }},
                               *transaction, none);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(stages, std::vector<std::string>{"commit, closing the gaps of deleted rows"});
  EXPECT_EQ(desk.rows("select estimated_size < 60000 from duckdb_tables() where table_name = 'gaps'"), "true");
  EXPECT_EQ(desk.rows("select current_setting('max_vacuum_tasks')"), "0");
}

}  // namespace
}  // namespace deskhouse::pipeline
