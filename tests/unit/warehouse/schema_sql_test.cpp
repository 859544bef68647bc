#include "warehouse/schema_sql.h"

#include <gtest/gtest.h>

#include "warehouse/database.h"

namespace deskhouse::warehouse {
namespace {

// An existing warehouse as another version of Deskhouse may have left it.
class Migration : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open({.path = ":memory:"});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = std::move(*opened);
    auto connected = database_->connect();
    ASSERT_TRUE(connected);
    connection_.emplace(std::move(*connected));
    EXPECT_EQ(migrate(*connection_), true);
    run("insert into operational.groups (key, id, name, is_deleted, source, position, row_hash, loaded_at, run_id) "
        "values (7, 'G1', 'Service Desk', false, 'desk', 1, 2, now()::timestamp, 1)");
  }
  void run(const std::string& sql) {
    const auto status = connection_->execute(sql);
    ASSERT_TRUE(status) << status.error().message;
  }
  void written_by_another_version() { run("update meta.state set schema_fingerprint = 'another'"); }
  std::string refusal() {
    const auto done = migrate(*connection_);
    return done ? "none" : done.error().message;
  }
  std::string value(const std::string& sql) { return connection_->scalar_text(sql)->value_or("null"); }

  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
};

TEST_F(Migration, OfTheSameVersionChangesNothing) {
  EXPECT_EQ(migrate(*connection_), false);
}

TEST_F(Migration, AddsColumnsAndTablesAndKeepsRows) {
  run("alter table operational.groups drop column calendar");
  run("alter table meta.runs drop column error");
  run("drop table operational.surveys");
  written_by_another_version();
  EXPECT_EQ(migrate(*connection_), true);
  EXPECT_EQ(value("select name || coalesce(calendar, ', no calendar') from operational.groups"),
            "Service Desk, no calendar");
  EXPECT_EQ(value("select count(error) from meta.runs"), "0");
  EXPECT_EQ(value("select count(*) from operational.surveys"), "0");
  EXPECT_EQ(migrate(*connection_), false);
}

TEST_F(Migration, RefusesAColumnOfALaterVersion) {
  run("alter table operational.groups add column mood varchar");
  written_by_another_version();
  const auto message = refusal();
  EXPECT_NE(message.find("operational.groups has a column mood that this version does not know"), std::string::npos)
      << message;
  EXPECT_EQ(value("select schema_fingerprint from meta.state"), "another");
}

TEST_F(Migration, RefusesAnotherTypeAndChangesNothing) {
  run("alter table operational.agents drop column email");  // sorts before: would be added first
  run("alter table operational.groups alter column name type blob using name::blob");
  written_by_another_version();
  const auto message = refusal();
  EXPECT_NE(message.find("operational.groups.name is BLOB in the file and VARCHAR in this version"), std::string::npos)
      << message;
  EXPECT_EQ(value("select count(*) from duckdb_columns() where table_name = 'agents' and column_name = 'email'"), "0");
}

}  // namespace
}  // namespace deskhouse::warehouse
