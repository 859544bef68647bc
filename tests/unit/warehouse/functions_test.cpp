#include "warehouse/functions.h"

#include <gtest/gtest.h>

#include "base/keys.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {
namespace {

TEST(KeySet, HoldsItsKeysAndNoOthers) {
  for (const std::int64_t stride : {std::int64_t{1}, std::int64_t{1} << 40, std::int64_t{0x123456789abcdef}}) {
    std::vector<std::int64_t> keys;
    for (std::int64_t i = 1; i <= 5000; ++i) keys.push_back(i * stride);
    const KeySet set(keys);
    EXPECT_EQ(set.size(), keys.size());
    for (const auto key : keys) EXPECT_TRUE(set.contains(key));
    for (std::int64_t i = 5001; i <= 20'000; ++i) EXPECT_FALSE(set.contains(i * stride));
  }
  EXPECT_FALSE(KeySet({}).contains(1));
}

class Functions : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open({.path = ":memory:"});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = std::move(*opened);
    auto connected = database_->connect();
    ASSERT_TRUE(connected);
    connection_.emplace(std::move(*connected));
  }
  std::string value(const std::string& sql) {
    const auto text = connection_->scalar_text(sql);
    EXPECT_TRUE(text) << text.error().message;
    return text ? text->value_or("NULL") : "error";
  }
  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(Functions, KeysAreThoseOfTheCore) {
  EXPECT_EQ(value("select surrogate_key('desk', 'INC1')"), std::to_string(natural_key("desk", "INC1")));
  EXPECT_EQ(value("select version_key(5, timestamp '1970-01-01')"), std::to_string(version_key(5, Timestamp{0})));
  EXPECT_EQ(value("select surrogate_key(null, 'INC1')"), "NULL");
}

TEST_F(Functions, MeasuresFollowHistoryInAnyOrder) {
  database_->functions().set_as_of(Timestamp{0});
  const std::string measured =
      "ticket_measures('Resolved', 'High', 'Mail', null, null, 'a1', timestamp '2024-01-01 08:00', timestamp '2024-01-01 08:30', timestamp '2024-01-01 18:00', null, null, {})";
  const auto of = [&](const std::string& history, const std::string& field) {
    auto call = measured;
    call.replace(call.find("{}"), 2, history);
    return value("select " + call + "." + field);
  };
  const std::string none = "null::struct(event_at timestamp, version bigint, key bigint, status varchar, assigned_to varchar, group_id varchar)[]";
  EXPECT_EQ(of(none, "resolution_hours"), "10");
  EXPECT_EQ(of(none, "first_response_minutes"), "30");
  EXPECT_EQ(of(none, "sla_breached"), "true");  // High has 8 hours
  const auto event = [](const char* at, int key, const char* status) {
    return std::string("{'event_at': timestamp '2024-01-01 ") + at + "', 'version': null::bigint, 'key': " + std::to_string(key) + "::bigint, 'status': '" + status +
           "', 'assigned_to': null::varchar, 'group_id': null::varchar}";
  };
  // Three hours on hold: seven counted. The list comes in the wrong order.
  const auto history = "[" + event("13:00", 3, "Open") + ", " + event("08:00", 1, "Open") + ", " + event("10:00", 2, "Pending") + "]";
  EXPECT_EQ(of(history, "sla_breached"), "false");
  EXPECT_EQ(of(history, "business_resolution_hours"), "7");
}

TEST_F(Functions, InChangedLooksAtItsSet) {
  const std::vector<std::int64_t> keys = {3, 5};
  const auto set = database_->functions().add_set(keys);
  EXPECT_EQ(value("select sum(i) from range(10) r(i) where in_changed(" + std::to_string(set) + ", i)"), "8");
}

TEST_F(Functions, AnErrorNamesItsStatement) {
  const auto status = connection_->execute("select * from nowhere");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("nowhere"), std::string::npos);
}

TEST_F(Functions, EveryTypeIsReadable) {
  EXPECT_EQ(value("select 170141183460469231731687303715884105727::hugeint"), "170141183460469231731687303715884105727");
  EXPECT_EQ(value("select -0.05::decimal(18,4)"), "-0.0500");
  EXPECT_EQ(value("select [1, 2]"), "[1, 2]");
  EXPECT_EQ(value("select timestamp '2024-03-05 14:07:09'"), "2024-03-05T14:07:09Z");
  EXPECT_EQ(value("select interval 3 days"), "3 days");
}

}  // namespace
}  // namespace deskhouse::warehouse
