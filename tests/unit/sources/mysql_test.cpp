// What only a test inside one process sees of the source "mysql": what it holds on the server while it is open. The
// rest is in tests/sources_real.
#include "sources/mysql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sources/mariadb_server.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

class Mysql : public testing::Test {
 protected:
  Mysql() {
    static int databases = 0;
    database_ = "held" + std::to_string(++databases);
    server_.sql("create database " + database_);
    sql("create table many (id int primary key, text varchar(500)); insert into many select seq, repeat('x', 500) from "
        "seq_1_to_20000; create table few (id int primary key, text text); insert into few values (1, 'a')");
    config::SourceConfig config;
    config.name = "desk";
    config.type = "mysql";
    config.server = server_.address(database_);
    source_ = make_source(config, {}).value();
  }
  ~Mysql() override {
    source_.reset();
    server_.sql("drop database " + database_);
  }
  std::unique_ptr<Reader> open(const std::string& table) {
    config::EntityMapping entity;
    entity.source = "desk";
    entity.entity = "tickets";
    entity.table = table;
    auto reader = source_->open(entity, {"id"}, {});
    EXPECT_TRUE(reader.has_value()) << reader.error().message;
    return reader ? std::move(*reader) : nullptr;
  }
  std::size_t count(const std::string& table) {
    const auto reader = open(table);
    if (!reader) return 0;
    const auto all = read_all(*reader, 1000);
    EXPECT_TRUE(all.has_value()) << all.error().message;
    return all ? all->size() : 0;
  }
  // As somebody else, who waits for nothing.
  void sql(const std::string& statement) const {
    server_.sql("set lock_wait_timeout = 1; use " + database_ + "; " + statement);
  }

  MariadbServer& server_ = MariadbServer::get();
  std::string database_;
  std::unique_ptr<Source> source_;
};

TEST_F(Mysql, ReadsOneSnapshotThoughAReadWasGivenUp) {
  EXPECT_EQ(count("few"), 1u);
  sql("insert into few values (2, 'b'); delete from many where id > 10");
  for (int i = 0; i < 3; ++i) {
    const auto reader = open("many");
    RawBatch batch;
    ASSERT_TRUE(reader->next(batch, 10).value());
  }
  EXPECT_EQ(count("few"), 1u);
  EXPECT_EQ(count("many"), 20'000u);
}

TEST_F(Mysql, ATableThatWasReadIsNotLocked) {
  EXPECT_EQ(count("few"), 1u);
  {
    const auto reader = open("many");
    RawBatch batch;
    ASSERT_TRUE(reader->next(batch, 10).value());
  }
  sql("alter table few add extra int; alter table many add extra int");  // fails if it has to wait
}

TEST_F(Mysql, ATableThatIsAlteredAfterTheSnapshotCanBeReadAgain) {
  EXPECT_EQ(count("few"), 1u);
  sql("alter table many add extra int not null default 5, force");
  const auto reader = open("many");
  ASSERT_TRUE(reader);
  RawBatch batch;
  const auto more = reader->next(batch, 10);
  ASSERT_FALSE(more.has_value());
  EXPECT_TRUE(source_->may_recover()) << more.error().message;
  EXPECT_EQ(count("many"), 20'000u) << "in a new snapshot";
}

TEST_F(Mysql, AnErrorOfTheStatementIsNoneOfTheConnection) {
  config::EntityMapping entity;
  entity.source = "desk";
  entity.entity = "tickets";
  entity.query = "select id, (select 1 union select 2) as two from few";
  const auto reader = source_->open(entity, {"id", "two"}, {}).value();
  RawBatch batch;
  const auto more = reader->next(batch, 10);
  ASSERT_FALSE(more.has_value());
  EXPECT_THAT(more.error().message, testing::HasSubstr("Subquery returns more than 1 row"));
  EXPECT_FALSE(source_->may_recover());
  EXPECT_EQ(count("few"), 1u);
}

}  // namespace
}  // namespace deskhouse::sources
