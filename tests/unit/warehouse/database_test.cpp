#include "warehouse/database.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace deskhouse::warehouse {
namespace {

class Gaps : public testing::Test {
 protected:
  Gaps() : folder_(std::filesystem::path(testing::TempDir()) / "deskhouse_gaps") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    database_ = *Database::open({.path = (folder_ / "w.duckdb").string()});
    connection_.emplace(*database_->connect());
  }
  ~Gaps() override {
    connection_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::int64_t places() {
    return **connection_->scalar("select estimated_size from duckdb_tables() where table_name = 't'");
  }
  void make(const char* rows_that_go) {
    ASSERT_TRUE(connection_->execute("create table t as select i, i::varchar as text from range(500000) r(i)"));
    ASSERT_TRUE(connection_->execute(std::string("delete from t where ") + rows_that_go));
    ASSERT_TRUE(connection_->execute("checkpoint"));
  }
  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(Gaps, AreLeftByACheckpointAndClosedWhenThereAreMany) {
  make("i % 5 < 2");
  ASSERT_EQ(places(), 500'000);
  const auto closes = let_checkpoint_close_gaps(*connection_, 0.2);
  ASSERT_TRUE(closes) << closes.error().message;
  EXPECT_TRUE(*closes);
  ASSERT_TRUE(connection_->execute("delete from t where i = 2; checkpoint"));
  EXPECT_LT(places(), 400'000);
  EXPECT_EQ(**connection_->scalar("select count(*) * 1000000 + sum(i) % 1000000 from t"),
            **connection_->scalar(
                "select count(*) * 1000000 + sum(i) % 1000000 from range(500000) r(i) where i % 5 >= 2 and i <> 2"));
}

TEST_F(Gaps, StayWhenTheyAreFew) {
  make("i % 10 = 0");
  const auto closes = let_checkpoint_close_gaps(*connection_, 0.2);
  ASSERT_TRUE(closes) << closes.error().message;
  EXPECT_FALSE(*closes);
  ASSERT_TRUE(connection_->execute("delete from t where i = 1; checkpoint"));
  EXPECT_EQ(places(), 500'000);
}

TEST_F(Gaps, OneThreadIsForAWhile) {
  const auto threads = [&] { return **connection_->scalar("select current_setting('threads')"); };
  ASSERT_TRUE(connection_->execute("set threads = 3"));
  {
    const OneThread one(*connection_);
    EXPECT_EQ(threads(), 1);
  }
  EXPECT_EQ(threads(), 3);
}

}  // namespace
}  // namespace deskhouse::warehouse
