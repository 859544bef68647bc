// The kinds of models: what is built whole, and that following the changes gives the same.
#include "models/runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "warehouse/functions.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::models {
namespace {

constexpr Timestamp kDay1{1'717'200'000'000'000}, kDay2{kDay1.us + 24 * kMicrosPerHour};

std::string header(const std::string& name, const std::string& kind, const std::string& more = "") {
  return "-- name: " + name + "\n-- grain: g\n-- kind: " + kind + "\n" + more + "-- description: d\n-- owner: o\n";
}

// Problems stand for any operational table: core.k has a row a problem, core.a counts them by status.
const std::string kKeyed =
    header("core.k", "keyed(key)", "-- changed: select key from {{delta operational.problems}}\n") +
    "select key, status, priority from operational.problems where {{changed(key)}}";
const std::string kAdditive =
    header("core.a", "additive(status)", "-- from: core.k\n-- derive: share = high / nullif(n, 0)\n") +
    "select status, 1::integer as n, (priority = 'High')::integer as high from {{source}}";
const std::string kTable = header("core.t", "table") + "select count(*) as n from core.a";
const std::string kView = header("core.v", "view") + "select n * 2 as twice from core.t";

class Models : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = warehouse::Database::open({.path = ":memory:"});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    auto connected = database_->connect();
    ASSERT_TRUE(connected);
    connection_.emplace(*std::move(connected));
    const auto migrated = warehouse::migrate(*connection_);
    ASSERT_TRUE(migrated) << migrated.error().message;
    use({kKeyed, kAdditive, kTable, kView});
    execute(
        "insert into operational.problems (key, id, status, priority, updated_at, source, position, row_hash, "
        "loaded_at, run_id, is_deleted) select k, k::varchar, s, p, timestamp '2024-01-01', 'desk', k, k, timestamp "
        "'2024-01-01', 1, false from (values (1, 'Open', 'High'), (2, 'Open', 'Low'), (3, 'Closed', 'High')) "
        "v(k, s, p)");
  }
  void use(const std::vector<std::string>& texts) {
    models_.clear();
    for (const auto& text : texts) {
      auto model = parse_model("models/test.sql", text);
      ASSERT_TRUE(model) << model.error().message;
      models_.push_back(*std::move(model));
    }
  }
  void execute(const std::string& sql) {
    const auto done = connection_->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string rows(const std::string& sql) {
    const auto found = connection_->query(sql);
    if (!found) return found.error().message;
    std::string out;
    for (std::size_t i = 0; i < found->row_count(); ++i)
      for (std::size_t c = 0; c < found->column_count(); ++c)
        out += (c > 0 ? "|" : i > 0 ? " " : "") + found->display(i, c);
    return out;
  }
  // Changes rows of operational.problems with `sql`, and gives the delta of these keys as publishing does.
  Delta change(const std::string& keys, const std::string& sql) {
    execute("create or replace temp table d_keys as select unnest([" + keys +
            "]::bigint[]) as key;"
            "create or replace temp table d_old as from operational.problems where key in (from d_keys);" +
            sql + ";create or replace temp table d_new as from operational.problems where key in (from d_keys)");
    return {Delta::Mode::incremental, "d_keys", "d_old", "d_new"};
  }
  std::vector<Outcome> run(const Delta& problems, Timestamp as_of = kDay1, Timestamp previous = kDay1,
                           bool whole = false) {
    database_->functions().clear_sets();
    Runner runner(*connection_, *database_, models_, {{"limit", "5"}}, as_of, previous);
    runner.set_delta("operational.problems", problems);
    runner.set_whole(whole);
    auto outcomes = runner.run(++run_id_);
    EXPECT_TRUE(outcomes) << outcomes.error().message;
    return outcomes ? *std::move(outcomes) : std::vector<Outcome>{};
  }
  static Delta::Mode mode_of(const std::vector<Outcome>& outcomes, const std::string& model) {
    const auto it = std::ranges::find(outcomes, model, &Outcome::model);
    EXPECT_NE(it, outcomes.end()) << model;
    return it == outcomes.end() ? Delta::Mode::none : it->mode;
  }
  std::string everything() {
    return rows("from core.k order by all") + " / " + rows("from core.a order by all") + " / " + rows("from core.t") +
           " / " + rows("from core.v");
  }

  std::unique_ptr<warehouse::Database> database_;
  std::optional<warehouse::Connection> connection_;
  std::vector<Model> models_;
  std::int64_t run_id_ = 0;
};

TEST_F(Models, TheFirstRunBuildsAll) {
  const auto outcomes = run({});
  EXPECT_EQ(everything(), "1|Open|High 2|Open|Low 3|Closed|High / Closed|1|1|1 Open|2|1|0.5 / 2 / 4");
  EXPECT_EQ(mode_of(outcomes, "core.k"), Delta::Mode::whole);
  EXPECT_EQ(mode_of(outcomes, "core.a"), Delta::Mode::whole);
  EXPECT_EQ(rows("select name, kind, run_id from meta.models order by name"),
            "core.a|additive|1 core.k|keyed|1 core.t|table|1 core.v|view|1");
}

TEST_F(Models, ADeltaOfNothingDoesNothing) {
  run({});
  const auto before = everything();
  for (const auto& outcome : run({})) EXPECT_EQ(outcome.mode, Delta::Mode::none) << outcome.model;
  for (const auto& outcome : run(change("", "select 1"))) EXPECT_EQ(outcome.mode, Delta::Mode::none) << outcome.model;
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(rows("select distinct run_id from meta.models"), "1");
}

// Each kind of change, followed by its keys, gives what a whole computation gives.
TEST_F(Models, IncrementalEqualsWhole) {
  run({});
  const std::pair<const char*, const char*> changes[] = {
      {"2", "update operational.problems set priority = 'High' where key = 2"},
      {"1", "update operational.problems set status = 'Closed' where key = 1"},
      {"4",
       "insert into operational.problems by name select * replace (4 as key, null as status) from "
       "operational.problems where key = 1"},
      {"4, 2",
       "delete from operational.problems where key = 4; update operational.problems set status = 'Held' where "
       "key = 2"},
      {"1, 2, 3", "delete from operational.problems"},
  };
  for (const auto& [keys, sql] : changes) {
    const auto outcomes = run(change(keys, sql));
    EXPECT_EQ(mode_of(outcomes, "core.k"), Delta::Mode::incremental) << sql;
    EXPECT_EQ(mode_of(outcomes, "core.a"), Delta::Mode::incremental) << sql;
    const auto followed = everything();
    run({}, kDay1, kDay1, true);
    EXPECT_EQ(followed, everything()) << sql;
  }
  EXPECT_EQ(rows("select count(*) from core.a"), "0");
}

TEST_F(Models, ABucketThatGetsEmptyDisappears) {
  run({});
  run(change("3", "update operational.problems set status = 'Open' where key = 3"));
  EXPECT_EQ(rows("from core.a"), "Open|3|2|0.6666666666666666");
  EXPECT_EQ(rows("from core.t"), "1");  // the table followed the sums
}

TEST_F(Models, ATableWithTheSameRowsStopsTheChain) {
  use({kKeyed, kAdditive, kTable, header("core.after", "table") + "select max(n) as n from core.t"});
  run({});
  const auto outcomes = run(change("2", "update operational.problems set priority = 'High' where key = 2"));
  EXPECT_EQ(mode_of(outcomes, "core.a"), Delta::Mode::incremental);
  EXPECT_EQ(mode_of(outcomes, "core.t"), Delta::Mode::none);  // still 2 buckets
  EXPECT_EQ(mode_of(outcomes, "core.after"), Delta::Mode::none);
}

TEST_F(Models, NowIsAChangeOfTablesThatNameIt) {
  use({header("core.now", "table") + "select {{as_of}} as instant",
       header("core.fixed", "table") + "select {{setting limit}} as n"});
  run({});
  const auto outcomes = run({}, kDay2, kDay1);
  EXPECT_EQ(mode_of(outcomes, "core.now"), Delta::Mode::whole);
  EXPECT_EQ(mode_of(outcomes, "core.fixed"), Delta::Mode::none);
  EXPECT_EQ(rows("select instant = timestamp '2024-06-02', n from core.now, core.fixed"), "true|5");
}

TEST_F(Models, AModelWithAnotherTextIsBuiltAgainWithWhatReadsIt) {
  run({});
  auto texts = std::vector{kKeyed, kAdditive, kTable, kView};
  texts[0] += " and priority = 'High'";
  use(texts);
  const auto outcomes = run({});
  EXPECT_EQ(mode_of(outcomes, "core.k"), Delta::Mode::whole);
  EXPECT_EQ(mode_of(outcomes, "core.a"), Delta::Mode::whole);
  EXPECT_EQ(everything(), "1|Open|High 3|Closed|High / Closed|1|1|1 Open|1|1|1 / 2 / 4");
}

TEST_F(Models, AViewMayBecomeATableAndATableAView) {
  run({});
  const auto rows_of_v = "select twice from core.v";
  use({kKeyed, kAdditive, kTable, header("core.v", "table") + "select n * 3 as twice from core.t"});
  EXPECT_EQ(mode_of(run({}), "core.v"), Delta::Mode::whole);
  EXPECT_EQ(rows(rows_of_v), "6");
  use({kKeyed, kAdditive, kTable, kView});
  run({});
  EXPECT_EQ(rows(rows_of_v), "4");
}

// Every number of a group is kept; a key that follows the sums is computed anew where they changed, and nowhere else.
TEST_F(Models, DistributionsFollowAndTheirBucketsAreADelta) {
  const auto keyed = header("core.k", "keyed(key)", "-- changed: select key from {{delta operational.problems}}\n") +
                     "select key, key % 2 as half, status, if(status = 'Open', key * 10, null) as x from "
                     "operational.problems where {{changed(key)}}";
  const auto kept = header("core.d", "additive(half)", "-- from: core.k\n-- distributions: x\n") +
                    "select half, x::bigint as x from {{source}}";
  const auto follower = header("core.f", "keyed(half)", "-- changed: select key from {{delta core.d}}\n") +
                        "select half, distribution_quantile(x, 0.5) as median from core.d where {{changed(half)}} "
                        "group by half";
  use({keyed, kept, follower});
  run({});
  EXPECT_EQ(rows("select half, median from core.f order by half"), "0|20 1|10");
  auto outcomes = run(change("4, 5",
                             "insert into operational.problems select * replace (key + 3 as key) from "
                             "operational.problems where status = 'Open'"));
  EXPECT_EQ(rows("select half, median from core.f order by half"), "0|30 1|30");
  const auto of = [&] { return std::ranges::find(outcomes, "core.f", &Outcome::model)->keys; };
  EXPECT_EQ(of(), 2);
  outcomes = run(change("1, 3", "update operational.problems set status = 'Closed' where key in (1, 3)"));
  EXPECT_EQ(rows("select half, median from core.f order by half"), "0|30 1|50");
  EXPECT_EQ(of(), 1);
  // A bucket without a number disappears, and what follows it, too.
  run(change("5", "update operational.problems set status = 'Closed' where key = 5"));
  EXPECT_EQ(rows("select half, median from core.f order by half"), "0|30");
  const auto incremental = rows("from core.d order by all");
  run({}, kDay1, kDay1, true);
  EXPECT_EQ(rows("from core.d order by all"), incremental);
}

TEST_F(Models, RowsOfChangedKeysAreThoseOfTheRunAndThoseOfBefore) {
  // core.s counts by status the problems of core.k's changed keys: an unchanged row is not looked at.
  use({header("core.s", "keyed(key)",
              "-- changed: select key from {{delta operational.problems}}\n-- changed: select 3::bigint\n") +
       "select key, status || '!' as status from {{rows operational.problems.key}}"});
  (void)run({});
  const auto delta = change("1, 2", "update operational.problems set status = 'Closed' where key < 3");
  const auto outcomes = run(delta);
  EXPECT_EQ(mode_of(outcomes, "core.s"), Delta::Mode::incremental);
  EXPECT_EQ(rows("from core.s order by key"), "1|Closed! 2|Closed! 3|Closed!");
}

TEST_F(Models, ALargeTableIsBuiltBySlicesOfItsKeys) {
  execute(
      "insert into operational.problems by name (select p.* exclude (key), k as key from (from "
      "operational.problems limit 1) p, (select (hash(r)::hugeint - 9223372036854775808)::bigint as k from "
      "range(450000) t(r)))");
  const auto sliced = header("core.k", "keyed(key)",
                             "-- changed: select key from {{delta operational.problems}}\n-- slices: "
                             "operational.problems.key\n") +
                      "select key, count(*) over () as of_slice from operational.problems where {{changed(key)}} "
                      "union all select 0, 0 where {{changed(0)}}";
  use({sliced});
  (void)run({});
  EXPECT_EQ(rows("select count(*), count(distinct key), count(distinct of_slice) >= 3, sum((key = 0)::integer) from "
                 "core.k"),
            "450004|450004|true|1");
}

TEST_F(Models, AModelMaySayHowManyRowsASliceHas) {
  const auto sliced = header("core.k", "keyed(key)",
                             "-- changed: select key from {{delta operational.problems}}\n-- slices: "
                             "operational.problems.key\n-- slice_rows: 1\n") +
                      "select key, count(*) over () as of_slice from {{rows operational.problems.key}}";
  use({sliced});
  (void)run({});
  const auto all = rows("select count(*) from operational.problems");
  EXPECT_EQ(rows("select count(*), count(distinct key) from core.k"), all + "|" + all);
  EXPECT_NE(rows("select max(of_slice) from core.k"), all);
}

TEST_F(Models, ASliceThatFailsSaysWhyAndLeavesNoSettingBehind) {
  const auto turned_off = [&] { return rows("select current_setting('disabled_optimizers')"); };
  const auto before = turned_off();
  use({header("core.k", "keyed(key)",
              "-- changed: select key from {{delta operational.problems}}\n-- slices: operational.problems.key\n") +
       "select key, error('it is raining') as why from {{rows operational.problems.key}}"});
  execute("begin transaction");
  Runner runner(*connection_, *database_, models_, {}, kDay1, kDay1);
  const auto failed = runner.run(1);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("it is raining"), std::string::npos) << failed.error().message;
  execute("rollback");
  EXPECT_EQ(turned_off(), before);
}

TEST_F(Models, AnErrorNamesTheModelAndItsFile) {
  use({header("core.broken", "table") + "select colour from operational.problems"});
  Runner runner(*connection_, *database_, models_, {}, kDay1, kDay1);
  const auto failed = runner.run(1);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().message.starts_with("The model core.broken (models/test.sql) failed: "))
      << failed.error().message;
  EXPECT_NE(failed.error().message.find("colour"), std::string::npos);
}

TEST_F(Models, PlaceholdersAreReplaced) {
  Runner runner(*connection_, *database_, models_, {{"limit", "5"}}, kDay2, kDay1);
  Scope scope{.slice = "{} > 0", .source = "core.k"};
  const auto expand = [&](std::string_view text, int set = -1) {
    scope.set = set;
    const auto out = runner.expand(models_[0], text, scope);
    return out ? *out : out.error().message;
  };
  EXPECT_EQ(expand("{{source}} {{setting limit}}"), "core.k 5");
  EXPECT_EQ(expand("{{changed(t.key)}}"), "true");
  EXPECT_EQ(expand("{{changed(t.key)}}", 3), "in_changed(3, t.key)");
  EXPECT_EQ(expand("{{slice(t.at)}}"), "t.at > 0");
  EXPECT_EQ(expand("{{rows core.k.key}}"), "core.k");
  EXPECT_EQ(expand("{{rows core.k.key}}", 3), "(from core.k where in_changed(3, key))");
  EXPECT_EQ(expand("{{rows core.k.key of other}}", 3), "core.k") << "the source is whole";
  EXPECT_NE(expand("{{rows k.key}}").find("write schema.table.column"), std::string::npos);
  scope.range = "{} >= 5";
  EXPECT_EQ(expand("{{changed(t.key)}} {{rows core.k.key}}"), "t.key >= 5 (from core.k where key >= 5)");
  EXPECT_EQ(expand("{{as_of}} {{previous_as_of}}"), "TIMESTAMP '2024-06-02 00:00:00' TIMESTAMP '2024-06-01 00:00:00'");
  EXPECT_NE(expand("{{setting colour}}").find("unknown placeholder {{setting colour}}"), std::string::npos);
  EXPECT_NE(expand("{{as_of").find("without '}}'"), std::string::npos);
}

}  // namespace
}  // namespace deskhouse::models
