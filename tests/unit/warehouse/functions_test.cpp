#include "warehouse/functions.h"

#include <gtest/gtest.h>

#include "base/keys.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {
namespace {

// Wraps around, as hashes do.
std::int64_t product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

TEST(KeySet, HoldsItsKeysAndNoOthers) {
  for (const std::int64_t stride : {std::int64_t{1}, std::int64_t{1} << 40, std::int64_t{0x123456789abcdef}}) {
    std::vector<std::int64_t> keys;
    for (std::int64_t i = 1; i <= 5000; ++i) keys.push_back(product(i, stride));
    const KeySet set(keys);
    EXPECT_EQ(set.size(), keys.size());
    for (const auto key : keys) EXPECT_TRUE(set.contains(key));
    for (std::int64_t i = 5001; i <= 20'000; ++i) EXPECT_FALSE(set.contains(product(i, stride)));
  }
  EXPECT_FALSE(KeySet({}).contains(1));
  EXPECT_FALSE(KeySet({}).contains(0));
  const std::vector<std::int64_t> zero = {0, 5, 0};
  EXPECT_TRUE(KeySet(zero).contains(0));
  EXPECT_EQ(KeySet(zero).size(), 2u);
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
  const auto of = [&](const std::string& ticket, const std::string& field) {
    return value(
        "select ticket_measures('Resolved', 'High', 'Mail', null, null, 'a1', timestamp '2024-01-01 08:00', timestamp "
        "'2024-01-01 08:30', "
        "timestamp '2024-01-01 18:00', null, null, null, " +
        ticket + ")." + field);
  };
  EXPECT_EQ(of("null", "resolution_hours"), "10");
  EXPECT_EQ(of("7", "first_response_minutes"), "30");
  EXPECT_EQ(of("7", "sla_breached"), "true");  // High has 8 hours
  database_->functions().histories().clear();
  // Three hours on hold: seven counted. The observations come in the wrong order, among another ticket's.
  EXPECT_EQ(value("select count(*) from (values ('13:00', 3, 'Open', 7), ('08:00', 1, 'Open', 7), ('09:00', 4, "
                  "'Pending', 8), ('10:00', 2, 'Pending', 7), (null, 5, 'Open', 7)) "
                  "t(hour, key, status, ticket) where remember_history(ticket, ('2024-01-01 ' || hour)::timestamp, "
                  "null, key, status, null, null)"),
            "4");
  EXPECT_EQ(of("7", "sla_breached"), "false");
  EXPECT_EQ(of("7", "business_resolution_hours"), "7");
  EXPECT_EQ(of("9", "business_resolution_hours"), "10");
  database_->functions().histories().clear();
  EXPECT_EQ(of("7", "business_resolution_hours"), "10");
}

TEST_F(Functions, SeenBeforeMissesNoRepetition) {
  database_->functions().expect_keys(40'000);
  EXPECT_EQ(value("select count(*) filter (not seen_before(i % 20000)) <= 20000 from range(40000) r(i)"), "true");
  database_->functions().expect_keys(20'000);
  EXPECT_EQ(value("select count(*) filter (seen_before(i)) < 20000 / 8 from range(20000) r(i)"),
            "true");  // some are mistaken for others
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
  EXPECT_EQ(value("select 170141183460469231731687303715884105727::hugeint"),
            "170141183460469231731687303715884105727");
  EXPECT_EQ(value("select -0.05::decimal(18,4)"), "-0.0500");
  EXPECT_EQ(value("select [1, 2]"), "[1, 2]");
  EXPECT_EQ(value("select timestamp '2024-03-05 14:07:09'"), "2024-03-05T14:07:09Z");
  EXPECT_EQ(value("select interval 3 days"), "3 days");
}

// Several threads and groups, whose states are joined: the bytes are those of the numbers, whoever met them.
TEST_F(Functions, DistributionsAreOfTheirNumbersAlone) {
  const std::string numbers = "(select i % 7 as part, hash(i) % 5000 * 1000000 as x from range(300000) r(i))";
  EXPECT_EQ(value("select count(*) from (select part, distribution(x::bigint, 1) as d from " + numbers +
                  " group by part) a join (select part, distribution(x::bigint, 1) as d from (from " + numbers +
                  " order by x desc) group by part) b on a.part = b.part and a.d = b.d"),
            "7");
  EXPECT_EQ(value("select distribution_quantile(d, 0.5) = (select quantile_cont(x, 0.5) from " + numbers +
                  ") from (select distribution(x::bigint, 1) as d from " + numbers + " group by part)"),
            "true");
}

TEST_F(Functions, DistributionsAreAddedAndTakenFrom) {
  EXPECT_EQ(value("select octet_length(distribution(null::bigint, 1))"), "0");
  EXPECT_EQ(value("select octet_length(distribution(x, w)) from (values (5, 1), (6, 1), (5, -1), (6, -1)) v(x, w)"),
            "0");
  EXPECT_EQ(
      value("select distribution_quantile(distribution_add(null, d), 1) from (select distribution(x, 1) as d from "
            "(values (5), (9)) v(x))"),
      "9");
  EXPECT_EQ(value("select distribution_quantile(d, 0.5) from (select ''::blob as d where false)"), "NULL");
  EXPECT_EQ(value("select distribution_quantile(d, 0.5) from (values (''::blob), (null)) v(d)"), "NULL");
}

TEST_F(Functions, WhatIsNoDistributionIsSaid) {
  for (const auto* sql :
       {"select distribution_quantile('nonsense'::blob, 0.5)", "select distribution_add('x'::blob, null)",
        "select distribution_quantile(''::blob, 1.01)", "select distribution_quantile(''::blob, null)",
        "select distribution_quantile(d, q) from (values (''::blob, 0.1), (''::blob, 0.2)) v(d, q)",
        "select distribution(x, 1) from (values (-9000000000000000000), (9000000000000000000)) v(x)"})
    EXPECT_FALSE(connection_->scalar_text(sql)) << sql;
}

}  // namespace
}  // namespace deskhouse::warehouse
