#include "base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace deskhouse {
namespace {

const std::vector<std::string> kFields{"id", "subject", "status", "priority", "created_at", "updated_at"};

TEST(Nearest, FindsTheWordThatWasMeant) {
  EXPECT_EQ(nearest("prioritty", kFields), "priority");
  EXPECT_EQ(nearest("Status", kFields), "status");
  EXPECT_EQ(nearest("craeted_at", kFields), "created_at") << "a swap of neighbours counts once";
  EXPECT_EQ(nearest("di", kFields), "id");
}

TEST(Nearest, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(nearest("banana", kFields), std::nullopt);
  EXPECT_EQ(nearest("", kFields), std::nullopt);
  EXPECT_EQ(nearest("status", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kFields), std::nullopt);
}

TEST(Nearest, FirstOfEquallyNearWins) {
  const std::vector<std::string> words{"cat", "car"};
  EXPECT_EQ(nearest("caz", words), "cat");
}

TEST(DidYouMean, IsReadyToBeAppended) {
  EXPECT_EQ(did_you_mean("prioritty", kFields), "; did you mean 'priority'?");
  EXPECT_EQ(did_you_mean("banana", kFields), "");
}

}  // namespace
}  // namespace deskhouse
