#include "warehouse/database.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace deskhouse::warehouse {
namespace {

class Threads : public testing::Test {
 protected:
  Threads() : folder_(std::filesystem::path(testing::TempDir()) / "deskhouse_threads") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    database_ = *Database::open({.path = (folder_ / "w.duckdb").string()});
    connection_.emplace(*database_->connect());
  }
  ~Threads() override {
    connection_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(Threads, OneThreadIsForAWhile) {
  const auto threads = [&] { return **connection_->scalar("select current_setting('threads')"); };
  ASSERT_TRUE(connection_->execute("set threads = 3"));
  {
    const OneThread one(*connection_);
    EXPECT_EQ(threads(), 1);
  }
  EXPECT_EQ(threads(), 3);
  {
    const OneThread throughout(*connection_, true);
    { const OneThread within(*connection_, true); }
    EXPECT_EQ(threads(), 1) << "the outer one's";
  }
  EXPECT_EQ(threads(), 3);
}

}  // namespace
}  // namespace deskhouse::warehouse
