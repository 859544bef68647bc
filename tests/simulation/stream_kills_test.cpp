// A stream is killed at each of its steps, at any other moment, and where the disk is full, and goes on: the tables are
// those of a batch that read the same records, cell by cell. Its processes are forks that die by SIGKILL, its log one
// in memory; with real brokers the same is asked by tests/stream/test_faults.py.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <thread>

#include "pipeline/verify.h"
#include "simulation/events.h"
#include "simulation/process.h"
#include "stream/engine.h"
#include "unit/config/project.h"

namespace deskhouse::simulation {

std::vector<Event> make_events(std::size_t count, unsigned seed, bool with_parts) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const auto pick = [&](const std::vector<const char*>& texts) {
    return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
  };
  const auto time = [](int minute) {
    return fmt::format("2024-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60);
  };
  std::vector<Event> events;
  int minute = 30;
  for (std::size_t i = 0; i < count; ++i) {
    minute += 1 + below(30);
    const int ticket = below(12);
    const auto at = time(minute);
    const std::string status = pick({"Open", "Pending", "Resolved", "Closed"});
    std::string type = "ticket.updated", data = fmt::format(R"({{"id":"T{}")", ticket);
    switch (with_parts ? below(6) : 0) {
      case 3:
        type = "ticket.status_changed";
        data += fmt::format(R"(,"status":"{}"}})", status);
        break;
      case 4:
        type = "ticket.assigned";
        data += fmt::format(R"(,"assigned_to":{}}})", pick({"null", "\"A1\"", "\"A2\""}));
        break;
      case 5:
        type = pick({"ticket.deleted", "ticket.restored"});
        data += "}";
        break;
      default:
        data += fmt::format(
            R"(,"subject":"Help {}","status":"{}","priority":"{}","category":{},"requester_id":"U{}",)"
            R"("assigned_to":{},"created_at":"{}","updated_at":"{}"{}}})",
            ticket, status, pick({"Low", "Medium", "High", "Critical"}), pick({"null", "\"Mail\"", "\"Network\""}),
            below(5), pick({"null", "\"A1\"", "\"A2\""}), time(ticket), at,
            status == "Resolved" || status == "Closed" ? fmt::format(R"(,"resolved_at":"{}")", at) : "");
    }
    events.push_back(
        {ticket, data, fmt::format(R"({{"event_type":"{}","timestamp":"{}","data":{}}})", type, at, data)});
  }
  return events;
}

namespace {

constexpr Timestamp kAsOf{1'717'200'000'000'000};  // 2024-06-01
constexpr std::size_t kEvents = 40, kFirstEvents = 10;
constexpr int kPartitions = 3;
constexpr auto kToml =
    "[project]\nthreads = 1\n[stream]\nbrokers = \"none:1\"\nmax_rows = 10\n{}[stream.topics.tickets]\nentity = "
    "\"tickets\"\n";

std::string toml(bool low = false) {
  return fmt::format(kToml, low ? "catch_up_rows = 1\nlatency = \"low\"\n" : "");
}

// How much of the cells: marts are views, of the tables alone.
enum class Cells { none, tables, marts };

Status write_rows_of(std::ofstream& out, warehouse::Connection& connection, const std::string& named) {
  DH_ASSIGN(const auto tables, connection.query(named + " order by 1"));
  for (std::size_t t = 0; t < tables.row_count(); ++t) {
    const auto table = tables.display(t, 0);
    DH_ASSIGN(const auto rows,
              connection.query(fmt::format("select columns(c -> c not in ('run_id', 'loaded_at', 'position')) from {} "
                                           "order by all",
                                           table)));
    for (std::size_t r = 0; r < rows.row_count(); ++r) {
      out << table;
      for (std::size_t c = 0; c < rows.column_count(); ++c)
        out << '|' << (rows.is_null(r, c) ? "NULL" : rows.display(r, c));
      out << '\n';
    }
  }
  return out.flush() ? Status{} : fail(Error::Kind::io, "cells are not written");
}

// Every cell of every table that people read, but which run brought a row, when and from where; and how many events
// were counted.
Status write_cells(const std::filesystem::path& folder, warehouse::Connection& connection, Cells cells) {
  if (cells == Cells::none) return {};
  std::ofstream tables(folder / "tables"), marts(folder / "marts");
  DH_ASSIGN(const auto counted, connection.scalar("select sum(extracted) from meta.balances b join meta.runs r using "
                                                  "(run_id) where r.status = 'succeeded'"));
  tables << "events: " << counted.value_or(0) << '\n';
  DH_TRY(write_rows_of(tables, connection,
                       "select schema_name || '.' || table_name from duckdb_tables() where schema_name in "
                       "('operational', 'core') or schema_name like 'mart%'"));
  if (cells == Cells::tables) return {};
  return write_rows_of(marts, connection,
                       "select schema_name || '.' || view_name from duckdb_views() where schema_name = 'core' or "
                       "schema_name like 'mart%'");
}

Status stream_all(const std::filesystem::path& folder, const std::vector<Event>& events, Cells cells = Cells::none) {
  DH_ASSIGN(const auto config, config::load(folder));
  DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
  HeldLog log(events, kPartitions);
  DH_ASSIGN(const auto progress,
            stream::run_stream(config, warehouse, log, {}, {.as_of = kAsOf, .until_end = true}, {}));
  (void)progress;
  return write_cells(folder, warehouse.connection, cells);
}

Status load_batch(const std::filesystem::path& folder) {
  DH_ASSIGN(const auto config, config::load(folder));
  DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
  DH_ASSIGN(const auto report, pipeline::run(config, warehouse, {.as_of = kAsOf, .kind = "run"}, {}));
  (void)report;
  return write_cells(folder, warehouse.connection, Cells::marts);
}

Status verify_all(const std::filesystem::path& folder) {
  DH_ASSIGN(const auto config, config::load(folder));
  DH_ASSIGN(const auto report, pipeline::verify(config, "", {}));
  return report.ok() ? Status{} : fail(Error::Kind::warehouse, "verify found differences");
}

std::string text_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return std::move(text).str();
}

struct Expected {
  std::string tables, marts;
};

// What the same events give in one go: whole records in a batch, parts of them in a stream that nobody disturbs and
// that has them in another order.
const Expected& expected(unsigned events_seed, bool with_parts) {
  static std::map<std::pair<unsigned, bool>, Expected> known;
  auto& cells = known[{events_seed, with_parts}];
  if (!cells.tables.empty()) return cells;
  auto events = make_events(kEvents, events_seed, with_parts);
  const config::Project project(with_parts ? toml()
                                           : "[project]\nthreads = 1\n[sources.desk.tickets]\npath = "
                                             "\"tickets.jsonl\"\n");
  if (with_parts) {
    std::ranges::reverse(events);
    EXPECT_EQ(in_process([&] { return stream_all(project.folder(), events, Cells::marts); }).code, 0);
  } else {
    std::ofstream out(project.folder() / "tickets.jsonl");
    for (const auto& event : events) out << event.data << '\n';
    out.close();
    EXPECT_EQ(in_process([&] { return load_batch(project.folder()); }).code, 0);
  }
  return cells = {text_of(project.folder() / "tables"), text_of(project.folder() / "marts")};
}

// A warehouse that read the first of the events: where most streams begin, since what comes before takes longest.
const std::filesystem::path& begun(unsigned events_seed, bool with_parts) {
  static std::map<std::pair<unsigned, bool>, std::unique_ptr<config::Project>> known;
  static std::map<std::pair<unsigned, bool>, std::filesystem::path> files;
  const std::pair key{events_seed, with_parts};
  auto& project = known[key];
  if (project) return files[key];
  project = std::make_unique<config::Project>(toml());
  auto events = make_events(kEvents, events_seed, with_parts);
  events.resize(kFirstEvents);
  EXPECT_EQ(in_process([&] { return stream_all(project->folder(), events); }).code, 0);
  return files[key] = project->folder() / "deskhouse.duckdb";
}

constexpr std::array kSteps{"after_fold",   "after_load_batch", "before_publish", "after_operational",
                            "after_models", "before_offsets",   "after_offsets",  "before_commit",
                            "after_commit", "after_micro_batch"};

// How one process of a stream ends before its time.
void disturb(const std::filesystem::path& folder, const std::vector<Event>& events, std::mt19937& random) {
  const auto stream = [&] { return stream_all(folder, events); };
  switch (random() % 6) {
    case 0: {  // at any moment
      const std::chrono::milliseconds after(1 + random() % 500);
      fmt::print("  killed after {} ms\n", after.count());
      in_process(stream, after);
      break;
    }
    case 1: {  // no file may grow above this: the disk is full
      std::error_code error;
      const auto size = std::filesystem::file_size(folder / "deskhouse.duckdb", error);
      const rlim_t most = (error ? 0 : size) + random() % (2 << 20);
      fmt::print("  the disk is full at {} bytes\n", most);
      in_process([&]() -> Status {
        const rlimit limit{most, most};
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return stream();
      });
      break;
    }
    default: {
      const auto step = fmt::format("{}:{}", kSteps[random() % kSteps.size()], 1 + random() % 3);
      fmt::print("  killed at {}\n", step);
      const auto ended = in_process([&] {
        ::setenv("DESKHOUSE_CRASH_AT", step.c_str(), 1);
        return stream();
      });
      EXPECT_TRUE(ended.signal == SIGKILL || ended.code == 0) << step << ": code " << ended.code;
    }
  }
}

void kill_and_compare(unsigned seed) {
  std::mt19937 random(seed);
  const unsigned events_seed = seed / 2 % 4;
  const bool with_parts = seed % 2 == 1;
  const auto events = make_events(kEvents, events_seed, with_parts);
  const bool low = seed % 16 >= 4;    // models follow later
  const bool is_new = seed % 16 < 2;  // the warehouse is made by the stream that is killed
  const config::Project project(toml(low));
  if (!is_new) std::filesystem::copy(begun(events_seed, with_parts), project.folder() / "deskhouse.duckdb");
  const unsigned times = 1U + (random() % 3 == 0 ? 1U : 0U);
  fmt::print("seed {}: events of seed {}{}{}\n", seed, events_seed, with_parts ? ", with parts" : "",
             low ? ", low latency" : "");
  for (unsigned i = 0; i < times; ++i) disturb(project.folder(), events, random);
  const auto cells = seed % 5 == 0 ? Cells::marts : Cells::tables;
  ASSERT_EQ(in_process([&] { return stream_all(project.folder(), events, cells); }).code, 0) << "seed " << seed;
  const auto& same = expected(events_seed, with_parts);
  ASSERT_EQ(text_of(project.folder() / "tables"), same.tables) << "seed " << seed;
  if (cells == Cells::marts) {
    ASSERT_EQ(text_of(project.folder() / "marts"), same.marts) << "seed " << seed;
  }
  if (seed % 25 == 0) {
    EXPECT_EQ(in_process([&] { return verify_all(project.folder()); }).code, 0) << "seed " << seed;
  }
}

// Several tests, so that one that fails names its part of the seeds.
class StreamKills : public testing::TestWithParam<unsigned> {};
TEST_P(StreamKills, ChangeNothing) {
  for (unsigned i = 0; i < 20; ++i) kill_and_compare(GetParam() * 20 + i);
}
INSTANTIATE_TEST_SUITE_P(Seeds, StreamKills, testing::Range(0u, 10u));

class StreamKillsSoak : public testing::TestWithParam<unsigned> {};
TEST_P(StreamKillsSoak, ChangeNothing) {
  for (unsigned i = 0; i < 20; ++i) kill_and_compare(1000 + GetParam() * 20 + i);
}
INSTANTIATE_TEST_SUITE_P(Seeds, StreamKillsSoak, testing::Range(0u, 100u));

}  // namespace
}  // namespace deskhouse::simulation
