#include "warehouse/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/config/project.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {
namespace {

constexpr std::int64_t kGb = 1'000'000'000;

TEST(MemoryLimit, GrowsWithTheFileUpToHalfOfTheMachine) {
  EXPECT_EQ(fitting_memory_limit(0, 16 * kGb), 256'000'000);
  EXPECT_EQ(fitting_memory_limit(48 * kGb, 16 * kGb), 1'256'000'000);
  EXPECT_EQ(fitting_memory_limit(48 * kGb, 2 * kGb), kGb);
  EXPECT_EQ(fitting_memory_limit(24 * kGb, kGb / 10), 256'000'000) << "with less nothing works";
}

// In MiB.
std::int64_t limit_of(Connection& connection) {
  const auto limit = connection.scalar(
      "select round(split_part(value, ' ', 1)::double)::bigint from duckdb_settings() where name = 'memory_limit'");
  return limit && *limit ? **limit : -1;
}

std::int64_t limit_after_growing(const std::string& limit) {
  const config::Project project("");
  const auto path = (project.folder() / "w.duckdb").string();
  auto database = *Database::open({.path = path, .memory_limit = limit});
  auto connection = *database->connect();
  std::filesystem::resize_file(path, 4 * kGb);  // sparse
  EXPECT_TRUE(database->fit_memory(connection));
  return limit_of(connection);
}

TEST(MemoryLimit, FollowsTheFileUnlessItIsSet) {
  EXPECT_EQ(limit_after_growing("auto"), (256'000'000 + 4 * kGb / 48 + (1 << 19)) >> 20);
  EXPECT_EQ(limit_after_growing("200MiB"), 200);
}

}  // namespace
}  // namespace deskhouse::warehouse
