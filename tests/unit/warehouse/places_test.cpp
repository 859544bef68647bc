// Indexes beside the database: what they find is what a scan finds, and no file is believed that is not of this state.
#include "warehouse/places.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <random>

#include "warehouse/functions.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::warehouse {
namespace {

namespace fs = std::filesystem;

std::vector<PlaceEntry> random_entries(std::size_t count, std::mt19937_64& random) {
  std::vector<PlaceEntry> entries(count);
  for (std::size_t i = 0; i < count; ++i)  // every tenth key a second time
    entries[i] = {i % 10 == 9 ? entries[i - 1].key : static_cast<std::int64_t>(random()), static_cast<std::int64_t>(i)};
  return entries;
}

class PlaceFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("deskhouse-places-{}", getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(PlaceFiles, OrdersAsSortDoes) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {0, 1, 100, 20'000, 100'000}) {
    auto entries = random_entries(count, random);
    std::ranges::shuffle(entries, random);
    auto expected = entries;
    std::ranges::sort(expected);
    order_places(entries);
    EXPECT_EQ(entries, expected) << count;
  }
}

TEST_F(PlaceFiles, FindsEveryPlaceOfEveryKeyAndNoOther) {
  std::mt19937_64 random(2);
  for (const std::size_t count : {0, 1, 2, 17, 1000, 50'000}) {
    auto entries = random_entries(count, random);
    entries.push_back({std::numeric_limits<std::int64_t>::min(), 1});
    entries.push_back({std::numeric_limits<std::int64_t>::max(), 2});
    entries.push_back({0, 3});
    order_places(entries);
    ASSERT_TRUE(PlaceRun::write(folder_ / "run", entries, false));
    const auto run = PlaceRun::open(folder_ / "run", entries.size());
    ASSERT_TRUE(run) << run.error().message;
    std::vector<std::int64_t> keys = {std::numeric_limits<std::int64_t>::min(), -1, 0, 1,
                                      std::numeric_limits<std::int64_t>::max()};
    for (std::size_t i = 0; i < entries.size(); i += 1 + random() % 20) keys.push_back(entries[i].key);
    for (int i = 0; i < 300; ++i) keys.push_back(static_cast<std::int64_t>(random()));
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    std::vector<std::int64_t> found, expected;
    run->find(keys, found);
    for (const auto& entry : entries)
      if (std::ranges::binary_search(keys, entry.key)) expected.push_back(entry.place);
    std::ranges::sort(found);
    std::ranges::sort(expected);
    EXPECT_EQ(found, expected) << count;
  }
}

TEST_F(PlaceFiles, KeysThatAreNotSpreadAreFoundToo) {
  std::vector<PlaceEntry> entries;
  for (std::int64_t i = 0; i < 40'000; ++i) entries.push_back({i / 3, i});  // all in one corner of the numbers
  order_places(entries);
  ASSERT_TRUE(PlaceRun::write(folder_ / "run", entries, false));
  const auto run = PlaceRun::open(folder_ / "run", entries.size());
  ASSERT_TRUE(run);
  std::vector<std::int64_t> found;
  run->find(std::vector<std::int64_t>{-5, 0, 7, 13'332, 13'333, 13'334}, found);
  EXPECT_EQ(found, (std::vector<std::int64_t>{0, 1, 2, 21, 22, 23, 39'996, 39'997, 39'998, 39'999}));
}

TEST_F(PlaceFiles, MergedRunsHoldWhatTheyHeldInOrder) {
  std::mt19937_64 random(3);
  for (const auto& counts : {std::vector<std::size_t>{0, 0}, {3, 0}, {0, 5}, {1000, 70'000, 200'000}}) {
    std::vector<PlaceEntry> entries, all;
    std::vector<PlaceRun> runs;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      auto part = random_entries(counts[i], random);
      order_places(part);
      all.insert(all.end(), part.begin(), part.end());
      if (i == 0) {
        entries = std::move(part);
        continue;
      }
      const auto file = folder_ / fmt::format("run{}", i);
      ASSERT_TRUE(PlaceRun::write(file, part, false));
      runs.push_back(PlaceRun::open(file, part.size()).value());
    }
    std::vector<const PlaceRun*> joined;
    for (const auto& run : runs) joined.push_back(&run);
    const auto merge = [&](std::int64_t below) {
      const auto count = PlaceRun::write_merged(folder_ / "merged", entries, joined, below);
      EXPECT_TRUE(count) << count.error().message;
      const auto merged = PlaceRun::open(folder_ / "merged", *count);
      EXPECT_TRUE(merged) << merged.error().message;
      return std::vector(merged->entries().begin(), merged->entries().end());
    };
    const auto news = static_cast<std::ptrdiff_t>(entries.size());
    std::vector<PlaceEntry> low(all.begin() + news, all.end());
    std::erase_if(low, [](const auto& entry) { return entry.place >= 100; });
    low.insert(low.end(), all.begin(), all.begin() + news);
    std::ranges::sort(all);
    std::ranges::sort(low);
    EXPECT_EQ(merge(std::numeric_limits<std::int64_t>::max()), all);
    EXPECT_EQ(merge(100), low) << "of the runs only those below";
  }
}

TEST_F(PlaceFiles, AFileOfAnotherLengthIsRefused) {
  const std::vector<PlaceEntry> entries = {{1, 1}, {2, 2}};
  ASSERT_TRUE(PlaceRun::write(folder_ / "run", entries, false));
  EXPECT_FALSE(PlaceRun::open(folder_ / "run", 3));
  EXPECT_FALSE(PlaceRun::open(folder_ / "none", 3));
}

// operational.ticket_events with two rows a ticket, as runs publish them.
class PlacesTest : public PlaceFiles {
 protected:
  static constexpr const char* kTable = "operational.ticket_events";

  void SetUp() override {
    PlaceFiles::SetUp();
    auto opened = Database::open({.path = (folder_ / "w.duckdb").string()});
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    auto connected = database_->connect();
    ASSERT_TRUE(connected);
    connection_.emplace(*std::move(connected));
    const auto migrated = migrate(*connection_);
    ASSERT_TRUE(migrated) << migrated.error().message;
    publish(1, 0, 120'000);
    places_.emplace(folder_ / "places", database_->functions());
  }
  void TearDown() override {
    places_.reset();
    connection_.reset();
    database_.reset();
    PlaceFiles::TearDown();
  }

  std::int64_t number(const std::string& sql) {
    const auto value = connection_->scalar(sql);
    EXPECT_TRUE(value) << value.error().message;
    return value ? value->value_or(-1) : -1;
  }
  void execute(const std::string& sql) {
    const auto done = connection_->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  // A run that appends rows [from, to).
  void publish(int run, int from, int to) {
    execute(fmt::format(
        "insert into meta.runs (run_id, kind, status, started_at, as_of, version) values ({0}, 'run', 'succeeded', "
        "timestamp '2026-01-01' + interval ({0}) minute, timestamp '2026-01-01', 'test');"
        "insert into {1} (key, id, ticket_id, ticket_key, event_at, event_type, source, position, row_hash, loaded_at, "
        "run_id) select i, 'e' || i, 't' || i // 2, surrogate_key('desk', 't' || i // 2), timestamp "
        "'2026-01-01', 'version', 'desk', i, i, timestamp '2026-01-01', {0} from range({2}, {3}) r(i)",
        run, kTable, from, to));
  }
  std::vector<std::int64_t> keys_of(const std::vector<int>& tickets) {
    std::vector<std::int64_t> keys;
    for (const auto ticket : tickets)
      keys.push_back(number(fmt::format("select surrogate_key('desk', 't{}')", ticket)));
    return keys;
  }
  // The events found of those tickets, as one text.
  std::string found(const std::vector<int>& tickets) {
    const auto keys = keys_of(tickets);
    const auto rows = places_->rows_of(*connection_, kTable, "ticket_key", keys);
    if (!rows) return rows.error().message;
    const auto ids = connection_->scalar_text(
        fmt::format("select coalesce(string_agg(id, ' ' order by position), '') from ({})", rows->select("*", kTable)));
    by_index_ = !rows->finds_own_rows;
    return ids ? ids->value_or("") : ids.error().message;
  }
  void open() {
    database_->functions().clear_sets();
    const auto opened = places_->open(*connection_);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void reopen() {
    places_.emplace(folder_ / "places", database_->functions());
    open();
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / "places")) {
      struct stat status {};
      ::stat(entry.path().c_str(), &status);
      names.push_back(fmt::format("{} {}", entry.path().filename().string(), status.st_ino));
    }
    std::ranges::sort(names);
    return names;
  }

  std::unique_ptr<Database> database_;
  std::optional<Connection> connection_;
  std::optional<Places> places_;
  bool by_index_ = false;
};

TEST_F(PlacesTest, FindsAllRowsOfAKeyAndFollowsRuns) {
  open();
  EXPECT_EQ(found({0, 7, 59'999, 60'000}), "e0 e1 e14 e15 e119998 e119999");
  EXPECT_TRUE(by_index_);
  publish(2, 120'000, 121'000);
  places_->follow(*connection_);
  reopen();
  const auto before = files();
  EXPECT_EQ(found({7, 60'000, 60'499, 60'500}), "e14 e15 e120000 e120001 e120998 e120999");
  EXPECT_EQ(files(), before) << "nothing is made anew";
  for (int run = 3; run < 12; ++run) {
    publish(run, 118'000 + run * 1000, 119'000 + run * 1000);
    places_->follow(*connection_);
    reopen();
  }
  EXPECT_EQ(found({3, 60'000, 64'999, 65'000}), "e6 e7 e120000 e120001 e129998 e129999");
  EXPECT_LE(files().size(), 6u) << "small runs are merged";
}

TEST_F(PlacesTest, FewRowsFarFromTheOthersAreAConditionOfTheirOwn) {
  constexpr int kEvents = 2'200'000, kTickets = kEvents / 2;
  publish(2, 120'000, kEvents);
  open();
  std::vector<int> far, all;
  for (int i = 0; i < 60; ++i) far.push_back(i * 9'001);  // two rows each, in many row groups
  all = far;
  for (int i = 0; i < 500; ++i) all.push_back(kTickets - 1 - i * 3);
  for (const auto& tickets : {far, all, std::vector<int>{kTickets + 1}}) {
    const auto keys = keys_of(tickets);
    const auto rows = places_->rows_of(*connection_, kTable, "ticket_key", keys);
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->conditions.size(), tickets == all ? 2u : tickets == far ? 1u : 0u);
    const auto known = fmt::format("select id from {} where ticket_id in ('t{}')", kTable, fmt::join(tickets, "', 't"));
    const auto found = rows->select("id", kTable);
    EXPECT_EQ(number(fmt::format("select count(*) from (({}) except all ({}))", known, found)), 0);
    EXPECT_EQ(number(fmt::format("select count(*) from (({}) except all ({}))", found, known)), 0);
  }
  const auto some = keys_of(all), gone = keys_of(far);
  auto ordered = gone;
  std::ranges::sort(ordered);
  const auto rest = places_->rows_of(*connection_, kTable, "ticket_key", some, ordered);
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(number(fmt::format("select count(*) from ({})", rest->select("id", kTable))), 1000);
  const auto every = places_->rows_of(*connection_, kTable, "ticket_key", some);
  ASSERT_TRUE(every) << every.error().message;
  for (const auto& condition : every->conditions) execute(fmt::format("delete from {} where {}", kTable, condition));
  EXPECT_EQ(number(fmt::format("select count(*) from {}", kTable)), kEvents - 1120);
}

TEST_F(PlacesTest, DeletedRowsAreNotFoundThoughTheirPlacesAreKnown) {
  open();
  (void)found({7});
  execute("delete from operational.ticket_events where id = 'e14'");
  EXPECT_EQ(found({7}), "e15");
}

TEST_F(PlacesTest, FilesOfAnotherStateAreNotBelieved) {
  open();
  (void)found({7});
  places_->follow(*connection_);
  const auto before = files();
  // A run of which the files know nothing: as after a restored copy, or a process that died before follow().
  execute("update meta.runs set started_at = started_at + interval 1 second");
  execute("update operational.ticket_events set ticket_key = surrogate_key('desk', 't7') where id = 'e0'");
  reopen();
  EXPECT_EQ(found({7}), "e0 e14 e15");
  places_->follow(*connection_);
  EXPECT_NE(files(), before);
}

TEST_F(PlacesTest, RowsThatSomebodyElseAddedAreFound) {
  open();
  (void)found({7});
  places_->follow(*connection_);
  execute(
      "insert into operational.ticket_events by name (select * replace ('x' as id) from "
      "operational.ticket_events where id = 'e14')");
  reopen();
  EXPECT_EQ(found({7}), "e14 x e15");
}

TEST_F(PlacesTest, BrokenFilesAreMadeAnew) {
  open();
  (void)found({7});
  places_->follow(*connection_);
  for (const auto* damage : {"truncate", "remove", "manifest"}) {
    for (const auto& entry : fs::directory_iterator(folder_ / "places")) {
      const bool is_manifest = entry.path().filename() == "manifest";
      if (is_manifest != (damage == std::string("manifest"))) continue;
      if (damage == std::string("remove"))
        fs::remove(entry.path());
      else
        fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
    }
    reopen();
    EXPECT_EQ(found({7}), "e14 e15") << damage;
    places_->follow(*connection_);
  }
}

TEST_F(PlacesTest, AReplacedTableIsScannedAndItsIndexForgotten) {
  open();
  (void)found({7});
  execute(
      "create or replace table operational.ticket_events as from operational.ticket_events order by hash(id); "
      "insert into meta.runs (run_id, kind, status, started_at, as_of, version) values (2, 'run', 'succeeded', "
      "timestamp '2026-01-02', timestamp '2026-01-01', 'test')");
  places_->replaced(kTable);
  EXPECT_EQ(found({7}), "e14 e15");
  EXPECT_FALSE(by_index_);
  places_->follow(*connection_);
  reopen();
  EXPECT_EQ(found({7}), "e14 e15");
  EXPECT_TRUE(by_index_);
}

// DuckDB drops a row group without rows whatever it is told of vacuuming, and all rows behind it move up; the rows that
// the same run appended hide that the table became shorter.
TEST_F(PlacesTest, RowsThatMovedUpWhenARowGroupWasDroppedAreFound) {
  publish(2, 120'000, 400'000);
  execute("checkpoint");
  open();
  EXPECT_EQ(found({199'999}), "e399998 e399999");
  places_->follow(*connection_);
  const auto before = number("select rowid from operational.ticket_events where id = 'e399999'");
  execute("begin; delete from operational.ticket_events where rowid < 122880");
  publish(3, 400'000, 540'000);
  execute("commit; checkpoint");
  ASSERT_LT(number("select rowid from operational.ticket_events where id = 'e399999'"), before);
  places_->follow(*connection_);
  reopen();
  EXPECT_EQ(found({199'999, 200'000, 269'999}), "e399998 e399999 e400000 e400001 e539998 e539999");
  EXPECT_TRUE(by_index_);
}

TEST_F(PlacesTest, AFolderThatCannotBeWrittenIsAnErrorOfFindAndNotOfFollow) {
  std::ofstream(folder_ / "places") << "a file";
  open();
  EXPECT_NE(found({7}).find("Cannot create"), std::string::npos);
  places_->follow(*connection_);  // and does not fail
}

}  // namespace
}  // namespace deskhouse::warehouse
