// What micro-batches leave for later is settled: when nothing comes, at the end, and by whatever run is next.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "pipeline/unsettled.h"
#include "pipeline/verify.h"
#include "simulation/events.h"
#include "simulation/process.h"
#include "stream/engine.h"
#include "unit/config/project.h"

namespace deskhouse::simulation {
namespace {

constexpr Timestamp kAsOf{1'717'200'000'000'000};  // 2024-06-01
constexpr auto kToml =
    "[project]\nthreads = 1\n[stream]\nbrokers = \"none:1\"\nmax_rows = 10\ncatch_up_rows = "
    "1\n[stream.topics.tickets]\n"
    "entity = \"tickets\"\n";
constexpr auto kViolations =
    "select string_agg(check_name || ' ' || coalesce(id, '-') || ' ' || coalesce(field, '-'), '; ' order by "
    "check_name, id, field) from "
    "meta.violation_states where is_open";

struct Desk {
  // In a process of its own: what it wrote into `answer` is given back.
  std::string in_warehouse(const std::function<Status(const config::Config&, pipeline::Warehouse&)>& work,
                           const std::string& sql, int code = 0) {
    const auto ended = in_process([&]() -> Status {
      DH_ASSIGN(const auto config, config::load(project.folder()));
      DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
      const auto status = work(config, warehouse);
      DH_ASSIGN(const auto text, warehouse.connection.scalar_text(sql));
      std::ofstream(project.folder() / "answer") << text.value_or("NULL");
      return status;
    });
    EXPECT_EQ(ended.code, code);
    std::string answer;
    std::getline(std::ifstream(project.folder() / "answer"), answer, '\0');
    return answer;
  }

  Status stream(const config::Config& config, pipeline::Warehouse& warehouse) {
    HeldLog log(events, 3);
    DH_ASSIGN(const auto done, stream::run_stream(config, warehouse, log, {}, {.as_of = kAsOf, .until_end = true}, {}));
    (void)done;
    return {};
  }
  std::string ask(const std::string& sql) {
    return in_warehouse([](const auto&, auto&) { return Status{}; }, sql);
  }
  void die_at(const std::string& step) {
    const auto ended = in_process([&]() -> Status {
      ::setenv("DESKHOUSE_CRASH_AT", step.c_str(), 1);
      DH_ASSIGN(const auto config, config::load(project.folder()));
      DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
      return stream(config, warehouse);
    });
    ASSERT_EQ(ended.signal, SIGKILL);
  }
  void verify() {
    const auto ended = in_process([&]() -> Status {
      DH_ASSIGN(const auto config, config::load(project.folder()));
      DH_ASSIGN(const auto report, pipeline::verify(config, "", {}));
      return report.ok() ? Status{} : fail(Error::Kind::warehouse, "verify found differences");
    });
    EXPECT_EQ(ended.code, 0);
  }

  std::vector<Event> events = make_events(40, 3, true);
  config::Project project{kToml};
};

TEST(Settling, ChecksAndTheScoreFollowAtTheEnd) {
  Desk desk;
  const auto found = desk.in_warehouse([&](const auto& c, auto& w) { return desk.stream(c, w); }, kViolations);
  EXPECT_NE(found, "NULL") << "the events name people who are not there";
  EXPECT_EQ(desk.ask("select count(*) from meta.runs where kind = 'stream'"), "5");
  EXPECT_EQ(desk.ask("select count(distinct run_id) || ' ' || min(run_id) from meta.check_results"), "1 5");
  EXPECT_EQ(desk.ask("select string_agg(distinct run_id, ' ') from meta.quality"), "5");
  EXPECT_EQ(desk.ask("select unsettled_since from meta.state"), "NULL");
  EXPECT_EQ(desk.ask("select min(extracted) from meta.balances"), "10");
}

TEST(Settling, ARunSettlesWhatADeadStreamLeft) {
  Desk clean, desk;
  const auto expected = clean.in_warehouse([&](const auto& c, auto& w) { return clean.stream(c, w); }, kViolations);
  desk.die_at("after_micro_batch:4");
  EXPECT_EQ(desk.ask("select unsettled_since from meta.state"), "1");
  EXPECT_EQ(desk.ask("select count(*) from meta.check_results"), "0");
  desk.verify();
  const auto found = desk.in_warehouse(
      [&](const auto& config, auto& warehouse) -> Status {
        DH_ASSIGN(const auto report, pipeline::run(config, warehouse, {.as_of = kAsOf, .kind = "run"}, {}));
        return report.balances.empty() ? Status{} : fail(Error::Kind::usage, "there is nothing to read");
      },
      kViolations);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(desk.ask("select unsettled_since from meta.state"), "NULL");
  EXPECT_NE(desk.ask("select count(*) from meta.quality"), "0");
  desk.verify();
}

TEST(Settling, AGateHoldsAtEachMicroBatch) {
  Desk desk;
  std::filesystem::create_directories(desk.project.folder() / "checks");
  std::ofstream(desk.project.folder() / "checks" / "no_t7.sql")
      << "-- name: no_t7\n-- severity: fail\n-- entity: tickets\n-- description: No ticket T7.\n-- what_to_do: -\n"
         "select id, 'id' as field, id as value, 'no T7' as message from {{source}} where id = 'T7'\n";
  (void)desk.in_warehouse([&](const auto& c, auto& w) { return desk.stream(c, w); }, "select 1", 1);
  EXPECT_EQ(desk.ask("select count(*) from operational.tickets where id = 'T7'"), "0");
  EXPECT_EQ(desk.ask("select count(*) from meta.runs where status = 'failed' and error like '%no_t7%'"), "1");
}

constexpr auto kLow =
    "[project]\nthreads = 1\n[stream]\nbrokers = \"none:1\"\nmax_rows = 10\ncatch_up_rows = 1\nlatency = \"low\"\n"
    "[stream.topics.tickets]\nentity = \"tickets\"\n";

TEST(Settling, ModelsFollowWhereLatencyIsLow) {
  Desk desk{.project = config::Project(kLow)};
  desk.die_at("after_micro_batch:3");
  EXPECT_EQ(desk.ask("select models_since || ' ' || unsettled_since from meta.state"), "2 1")
      << "the first has seen to the models";
  EXPECT_NE(
      desk.ask("select (select count(*) from operational.ticket_events) - (select sum(n) from (select count(*) as n "
               "from core.fact_tickets_stored))"),
      "0");
  EXPECT_EQ(desk.ask("select count(*) from operational.tickets where run_id >= 2"),
            desk.ask("select count(*) from staging.unsettled_tickets"));
  desk.verify();
  EXPECT_EQ(desk.ask("select models_since from meta.state"), "NULL");
  EXPECT_EQ(desk.ask("select count(*) from duckdb_tables() where table_name like 'unsettled%'"), "0");
}

TEST(SettlingSoak, ModelsOfALakeFollowToo) {
  Desk desk{.project = config::Project(std::string("[project]\nwarehouse = \"ducklake:sqlite:c.sqlite\"\n") +
                                       std::string(kLow).substr(std::string_view("[project]\n").size()))};
  Desk clean;
  const auto facts = "select md5(string_agg(f::varchar, ' ' order by ticket_key)) from core.fact_tickets f";
  const auto expected = clean.in_warehouse([&](const auto& c, auto& w) { return clean.stream(c, w); }, facts);
  desk.die_at("after_micro_batch:3");
  EXPECT_NE(desk.ask("select count(*) from staging.unsettled_tickets"), "0");
  EXPECT_EQ(desk.in_warehouse([&](const auto& c, auto& w) { return desk.stream(c, w); }, facts), expected);
  EXPECT_EQ(desk.ask("select count(*) from meta.state where models_since is null and unsettled_since is null"), "1");
}

TEST(Settling, ARunFollowsWithTheModelsOfADeadStream) {
  Desk clean, desk{.project = config::Project(kLow)};
  (void)clean.in_warehouse([&](const auto& c, auto& w) { return clean.stream(c, w); }, "select 1");
  desk.die_at("after_micro_batch:4");
  const auto facts = "select md5(string_agg(f::varchar, ' ' order by ticket_key)) from core.fact_tickets f";
  EXPECT_NE(desk.ask(facts), clean.ask(facts));
  (void)desk.in_warehouse(
      [&](const auto& config, auto& warehouse) -> Status {
        DH_ASSIGN(const auto report, pipeline::run(config, warehouse, {.as_of = kAsOf, .kind = "run"}, {}));
        return report.balances.empty() ? Status{} : fail(Error::Kind::usage, "there is nothing to read");
      },
      "select 1");
  EXPECT_EQ(desk.ask(facts), clean.ask(facts));
  EXPECT_EQ(desk.ask(kViolations), clean.ask(kViolations));
  EXPECT_EQ(desk.ask("select count(*) from meta.state where models_since is null and unsettled_since is null"), "1");
  desk.verify();
}

TEST(Settling, SomebodyElseMaySettleWhileAStreamGoesOn) {
  Desk desk{.project = config::Project(kLow)};
  const auto settled = desk.in_warehouse(
      [&](const auto& config, auto& warehouse) -> Status {
        HeldLog log(desk.events, 3);
        const auto settle = [&](const stream::EngineProgress& progress, const pipeline::RunReport&) {
          if (progress.micro_batches != 3) return;
          pipeline::Warehouse other{warehouse.database, *warehouse.database->connect()};
          if (!pipeline::settle_models(config, &other)) std::abort();
        };
        DH_ASSIGN(const auto done, stream::run_stream(config, warehouse, log, {}, {.as_of = kAsOf, .until_end = true},
                                                      {.stop = {}, .opened = {}, .published = settle, .settled = {}}));
        return done.micro_batches == 4 ? Status{} : fail(Error::Kind::usage, "it has not read all");
      },
      "select string_agg(run_id || coalesce(' ' || extracted, ''), ', ' order by run_id) from meta.runs left join "
      "meta.balances using (run_id)");
  EXPECT_EQ(settled, "1 10, 2 10, 3 10, 4, 5 10, 6");
  desk.verify();
}

TEST(Settling, AGateOverModelsLooksAtThemInEachMicroBatch) {
  Desk desk{.project = config::Project(kLow)};
  std::filesystem::create_directories(desk.project.folder() / "checks");
  std::ofstream(desk.project.folder() / "checks" / "facts.sql")
      << "-- name: facts\n-- severity: fail\n-- entity: all\n-- description: Facts are tickets.\n-- what_to_do: -\n"
         "select 'tickets' as entity, null as id, 'id' as field, 'x' as value, 'differ' as message where (select "
         "count(*) from core.fact_tickets_stored) <> (select count(*) from operational.tickets)\n";
  (void)desk.in_warehouse([&](const auto& c, auto& w) { return desk.stream(c, w); }, "select 1");
  EXPECT_EQ(desk.ask("select count(*) from meta.runs where status = 'failed'"), "0");
  desk.verify();
}

}  // namespace
}  // namespace deskhouse::simulation
