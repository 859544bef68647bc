// What is asked of the server, without one; that the server then gives the right rows: tests/sources_real.
#include "sources/pg_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNoon = 1'772'366'400'000'000;  // 2026-03-01T12:00:00Z

class PgQuery : public testing::Test {
 protected:
  PgQuery() {
    entity_.source = "desk";
    entity_.entity = "tickets";
    entity_.table = "tickets";
    entity_.strategy = config::Strategy::change;
    entity_.fields.push_back({.field = "id", .column = "id"});
    entity_.fields.push_back({.field = "created_at", .column = "born"});
    entity_.fields.push_back({.field = "updated_at", .column = "changed"});
    relation_ = {.from = "public.tickets",
                 .shown = "public.tickets",
                 .id = "77",
                 .kind = 'r',
                 .columns = {{"id", 20}, {"born", 1184}, {"changed", 1184}, {"mood", 99'999}, {"clock", 1114}}};
    snapshot_.xmin = 1'000;
    snapshot_.xmax = 1'010;
    snapshot_.database = "5";
    snapshot_.clocks = {Timestamp{kNoon}, Timestamp{kNoon}, Timestamp{kNoon}};
  }

  PgStatement statement(const Since& since) {
    auto cursor = find_cursor(entity_, relation_);
    EXPECT_TRUE(cursor.has_value()) << cursor.error().message;
    auto scans = scans_transactions(entity_, relation_);
    EXPECT_TRUE(scans.has_value()) << scans.error().message;
    return make_statement(entity_, relation_, *cursor, *scans, snapshot_, {.columns = asked_, .select = select_},
                          since);
  }
  // What the first run left.
  Since after_first() { return {Timestamp{kNoon - kMicrosPerHour}, statement({}).state.text()}; }
  static std::string setting(const PgStatement& statement, const std::string& name) {
    for (const auto& [key, value] : statement.settings)
      if (key == name) return value;
    return "";
  }

  std::vector<std::string> asked_ = {"id", "changed", "mood"}, select_ = asked_;
  config::EntityMapping entity_;
  PgRelation relation_;
  PgSnapshot snapshot_;
};

TEST_F(PgQuery, AColumnThatCameIsReadOfAllRowsAndOneThatWentOfNone) {
  const auto since = after_first();
  select_ = {"id", "changed"};
  EXPECT_FALSE(statement(since).reads_all) << "what was read stays as it was";
  const Since without{since.watermark, statement(since).state.text()};
  select_ = asked_;
  EXPECT_TRUE(statement(without).reads_all) << "it is back: rows that did not change have it too";
  asked_ = select_ = {"id", "changed"};
  EXPECT_TRUE(statement(since).reads_all) << "the mapping asks for something else";
}

TEST_F(PgQuery, ABackfillIsBoundToItsPeriod) {
  auto since = after_first();
  since.period = Period{Timestamp{kNoon - kMicrosPerHour}, Timestamp{kNoon}};
  const auto asked = statement(since);
  EXPECT_FALSE(asked.reads_all);
  EXPECT_THAT(asked.sql,
              HasSubstr("\"changed\" >= (select current_setting('deskhouse.updated_at_from')::timestamptz)"));
  EXPECT_THAT(asked.sql, HasSubstr("\"born\" < (select current_setting('deskhouse.created_at_to')::timestamptz)"));
  EXPECT_EQ(setting(asked, "deskhouse.updated_at_from"), "2026-03-01T11:00:00");
  EXPECT_EQ(setting(asked, "deskhouse.created_at_to"), "2026-03-01T12:00:00");
  relation_.columns = {{"id", 20}, {"changed", 25}, {"mood", 25}};
  entity_.strategy = config::Strategy::full;
  EXPECT_TRUE(statement(since).reads_all) << "a text tells no time";
}

TEST_F(PgQuery, StateIsReadBackAsItWasWritten) {
  const auto state = statement({}).state;
  const auto read = SqlState::parse(state.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text(), state.text());
  for (const auto* damaged : {"", "pg2 ", "pg1 xmin=1", "pg2 xmin=x clock=1 local=1 oldest=1"})
    EXPECT_FALSE(SqlState::parse(damaged).has_value()) << damaged;
}

TEST_F(PgQuery, FirstRunReadsAll) {
  const auto first = statement({});
  EXPECT_TRUE(first.reads_all);
  EXPECT_EQ(first.sql, "select \"id\", \"changed\", \"mood\"::text from public.tickets");
  EXPECT_TRUE(statement({Timestamp{kNoon}, ""}).reads_all) << "a watermark of another kind of source";
}

TEST_F(PgQuery, LaterRunsReadWhatChanged) {
  const auto next = statement(after_first());
  EXPECT_FALSE(next.reads_all);
  EXPECT_THAT(next.sql, HasSubstr("current_setting('deskhouse.after')"));
  EXPECT_THAT(next.sql, HasSubstr("age(xmin) between 0 and"));
  EXPECT_EQ(setting(next, "deskhouse.after"), "2026-03-01T10:55:00Z") << "the watermark less the overlap";
  EXPECT_EQ(setting(next, "deskhouse.latest"), "2026-03-01T12:05:00Z");
  EXPECT_EQ(setting(next, "deskhouse.xmin"), "1000");
}

TEST_F(PgQuery, NumbersOfTransactionsAreOf32Bits) {
  snapshot_.xmin = (std::uint64_t{3} << 32) + 17;
  snapshot_.xmax = snapshot_.xmin;
  EXPECT_EQ(setting(statement(after_first()), "deskhouse.xmin"), "17");
}

TEST_F(PgQuery, AnotherTableOrServerIsReadFromTheStart) {
  const auto since = after_first();
  const auto reads_all = [&](auto change) {
    const auto entity = entity_;
    const auto relation = relation_;
    const auto snapshot = snapshot_;
    change();
    const bool all = statement(since).reads_all;
    entity_ = entity;
    relation_ = relation;
    snapshot_ = snapshot;
    return all;
  };
  EXPECT_FALSE(reads_all([] {}));
  EXPECT_TRUE(reads_all([&] { relation_.id = "78"; }));
  EXPECT_TRUE(reads_all([&] { snapshot_.database = "6"; }));
  EXPECT_TRUE(reads_all([&] { entity_.strategy = config::Strategy::modified_or_created; }));
  EXPECT_TRUE(reads_all([&] { snapshot_.xmax = 900; })) << "restored from a backup";
  EXPECT_TRUE(reads_all([&] { snapshot_.xmax += std::uint64_t{1} << 31; })) << "too long ago to compare";
}

TEST_F(PgQuery, AWindowGoesBackToTheOldestTransaction) {
  entity_.horizon = config::Horizon::window;
  snapshot_.clocks.oldest = Timestamp{kNoon - 3 * kMicrosPerHour};
  const auto next = statement(after_first());
  EXPECT_THAT(next.sql, Not(HasSubstr("xmin")));
  EXPECT_THAT(next.sql, HasSubstr("\"changed\" is null"));
  EXPECT_EQ(setting(next, "deskhouse.after"), "2026-03-01T08:55:00Z");
}

TEST_F(PgQuery, AWindowGoesBackByWhatTheServersClockLost) {
  entity_.horizon = config::Horizon::window;
  const auto since = after_first();
  snapshot_.clocks.local.us += kMicrosPerHour;
  snapshot_.clocks.clock.us -= kMicrosPerHour;  // two hours behind where it should be
  EXPECT_EQ(setting(statement(since), "deskhouse.after"), "2026-03-01T08:55:00Z");
}

TEST_F(PgQuery, LocalTimesAreComparedWithRoomForAChangeOfTheClock) {
  entity_.fields.back().column = "clock";
  entity_.time_zone = TimeZone::load("Europe/Amsterdam").value();
  EXPECT_EQ(setting(statement(after_first()), "deskhouse.after"), "2026-03-01T09:55:00");
  entity_.time_zone = TimeZone::load("+05:30").value();
  EXPECT_EQ(setting(statement(after_first()), "deskhouse.after"), "2026-03-01T16:25:00")
      << "a clock that never changes";
}

TEST_F(PgQuery, ModifiedOrCreated) {
  entity_.strategy = config::Strategy::modified_or_created;
  const auto next = statement(after_first());
  EXPECT_THAT(next.sql, HasSubstr("coalesce(\"changed\", \"born\")"));
  EXPECT_THAT(next.sql, HasSubstr("(\"born\" > (select"));
}

TEST_F(PgQuery, NamesAreQuoted) {
  EXPECT_EQ(quoted_name("a\"; drop table t;--"), "\"a\"\"; drop table t;--\"");
}

TEST_F(PgQuery, WithoutAnOptionalUpdatedAtAllIsRead) {
  entity_.fields.back().column = "updated_at";
  entity_.fields.back().optional = true;
  const auto first = statement({});
  EXPECT_TRUE(first.reads_all);
  EXPECT_TRUE(statement({Timestamp{kNoon}, first.state.text()}).reads_all);
}

TEST_F(PgQuery, WhatAStrategyCannotGoByIsRefused) {
  entity_.fields.back().column = "mood";
  EXPECT_THAT(find_cursor(entity_, relation_).error().message, HasSubstr("is no timestamp"));
  entity_.fields.back().column = "chnged";
  EXPECT_THAT(find_cursor(entity_, relation_).error().message, HasSubstr("did you mean 'changed'"));
  entity_.fields.back().column = "clock";
  entity_.strategy = config::Strategy::modified_or_created;
  EXPECT_THAT(find_cursor(entity_, relation_).error().message, HasSubstr("columns of one type"));
  relation_.kind = 'v';
  entity_.horizon = config::Horizon::scan;
  EXPECT_THAT(scans_transactions(entity_, relation_).error().message, HasSubstr("needs a table"));
}

}  // namespace
}  // namespace deskhouse::sources
