#include "warehouse/spill_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

namespace deskhouse::warehouse {
namespace {

namespace fs = std::filesystem;

class Spill : public testing::Test {
 protected:
  Spill() : parent_(fs::path(testing::TempDir()) / "deskhouse_spill" / "w.tmp") {
    fs::remove_all(parent_.parent_path());
    fs::create_directories(parent_.parent_path());
  }
  ~Spill() override { fs::remove_all(parent_.parent_path()); }
  const fs::path parent_;
};

TEST_F(Spill, EachHasItsOwnAndTheLastRemovesTheParent) {
  {
    auto one = SpillFolder::make(parent_).value();
    {
      auto other = SpillFolder::make(parent_).value();
      EXPECT_NE(one.path(), other.path());
      std::ofstream(other.path() / "rows") << "of the other";
      EXPECT_TRUE(fs::is_directory(one.path()));
    }
    EXPECT_TRUE(fs::is_directory(one.path()));
    EXPECT_EQ(std::distance(fs::directory_iterator(parent_), fs::directory_iterator()), 1);
  }
  EXPECT_FALSE(fs::exists(parent_));
}

TEST_F(Spill, ThoseOfTheDeadGo) {
  const auto living = SpillFolder::make(parent_).value();
  const auto child = ::fork();
  if (child == 0) {
    auto left = SpillFolder::make(parent_);
    std::ofstream(left->path() / "rows") << "of the dead";
    ::_exit(0);  // ends nothing, as a signal would
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(std::distance(fs::directory_iterator(parent_), fs::directory_iterator()), 2);
  const auto next = SpillFolder::make(parent_).value();
  EXPECT_TRUE(fs::is_directory(living.path()));
  EXPECT_TRUE(fs::is_directory(next.path()));
  EXPECT_EQ(std::distance(fs::directory_iterator(parent_), fs::directory_iterator()), 2);
}

TEST_F(Spill, WhatIsNotOursStays) {
  fs::create_directories(parent_);
  std::ofstream(parent_ / "notes") << "of somebody";
  { const auto folder = SpillFolder::make(parent_).value(); }
  EXPECT_TRUE(fs::exists(parent_ / "notes"));
}

TEST_F(Spill, ManyBeginAndEndAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto folder = SpillFolder::make(parent_);
        ASSERT_TRUE(folder) << folder.error().message;
        EXPECT_TRUE(fs::is_directory(folder->path()));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(fs::exists(parent_));
}

TEST_F(Spill, WhereNothingCanBeWrittenItSaysSo) {
  std::ofstream(parent_) << "a file";
  const auto folder = SpillFolder::make(parent_);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, Error::Kind::io);
  EXPECT_NE(folder.error().message.find("w.tmp"), std::string::npos) << folder.error().message;
}

}  // namespace
}  // namespace deskhouse::warehouse
