#include "server/known_statements.h"

#include <gtest/gtest.h>

namespace deskhouse::server {
namespace {

TEST(KnownStatements, AreFoundByTheirText) {
  KnownStatements known;
  EXPECT_FALSE(known.find("select 1"));
  known.keep("select 1", {true, "f"});
  known.keep("select 1", {false, "g"});  // what was found out does not change
  const auto found = known.find("select 1");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_stable);
  EXPECT_EQ(found->fingerprint, "f");
  EXPECT_FALSE(known.find("select  1"));
}

TEST(KnownStatements, TakeNoMoreThanTheirBytes) {
  KnownStatements known(100);
  for (int i = 0; i < 50; ++i) {
    const auto sql = std::string(10, static_cast<char>('0' + i));
    known.keep(sql, {true, "12345"});
    EXPECT_EQ(known.find(sql).has_value(), i % 7 != 6) << i;
  }
  known.keep(std::string(101, 'x'), {true, ""});
  EXPECT_FALSE(known.find(std::string(101, 'x')));
}

}  // namespace
}  // namespace deskhouse::server
