#include "warehouse/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "warehouse/functions.h"
#include "warehouse/place_parts.h"

namespace deskhouse::warehouse {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest";
constexpr std::string_view kFormat = "deskhouse places 1";
// Reading the key column of fewer rows takes less than an index would.
constexpr std::int64_t kSmallTable = 100'000;
// An index is made in passes over ranges of keys, each of at most about so many rows: 24 MiB, and as
// much again while they are put in order.
constexpr std::int64_t kRowsOfAPass = 1'500'000;
constexpr int kOpensBetweenLooks = 20;
// Of fewer rows, passing over all vectors takes less than another branch of a statement.
constexpr std::int64_t kWorthSkipping = 2'000'000;
// Threads are made and ended for a statement in about a millisecond: 2.4 ns a row that is passed over.
constexpr std::int64_t kWorthThreads = 1'000'000;
// A run that is less than so many times its successor is merged with it: each entry is written a few times in all, and
// there are few runs to look into.
constexpr std::size_t kGrowth = 4;

// Which published state the database is in; empty before the first run.
Result<std::string> stamp_of(Connection& connection) {
  DH_ASSIGN(const auto stamp, connection.scalar_text("select run_id || '@' || epoch_us(started_at) from meta.runs "
                                                     "where status = 'succeeded' order by run_id desc limit 1"));
  return stamp.value_or("");
}

// DuckDB passes over every row group for a condition on rowid, but skips those without the run for one on run_id.
std::string appended_since(std::string_view table, std::int64_t end, std::string_view run_id) {
  const bool names_run = table.starts_with("operational.");
  return fmt::format("rowid >= {}{}", end, names_run ? fmt::format(" and run_id = {}", run_id) : "");
}

}  // namespace

Places::Places(fs::path folder, FunctionContext& functions) : folder_(std::move(folder)), functions_(functions) {}
Places::~Places() = default;

Status Places::look_at_tables(Connection& connection) {
  DH_ASSIGN(auto tables,
            connection.query("select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
                             "where schema_name in ('operational', 'core') and not internal and "
                             "database_name = current_database()"));
  ends_.clear();
  for (std::size_t i = 0; i < tables.row_count(); ++i) ends_[tables.display(i, 0)] = tables.integer(i, 1);
  return {};
}

Status Places::open(Connection& connection) {
  const bool has_indexes = !indexes_.empty();
  indexes_.clear();
  replaced_.clear();
  if (is_left_out_) return {};
  // Without an index all that is known is which tables are small, and that stays so for a while.
  if (!has_indexes && looks_left_-- > 0) return {};
  DH_TRY(look_at_tables(connection));
  const auto largest = std::ranges::max_element(ends_, {}, [](const auto& end) { return end.second; });
  looks_left_ = largest == ends_.end() || largest->second < kSmallTable / 2 ? kOpensBetweenLooks : 0;
  // DuckDB makes a filter of the short lists of conditions_at.
  DH_TRY(connection.execute(fmt::format("set dynamic_or_filter_threshold = {}", kFewPlaces)));
  DH_ASSIGN(const auto stamp, stamp_of(connection));
  read_manifest(stamp);
  // Somebody else may have written to the file, or moved its rows.
  changed_ = std::erase_if(indexes_, [&](const auto& index) {
               const auto end = ends_.find(index.first.first);
               return end == ends_.end() || end->second != index.second.end;
             }) > 0;
  return {};
}

// Leaves no index if anything about the files is not as it should be.
void Places::read_manifest(const std::string& stamp) {
  std::ifstream in(folder_ / kManifest);
  std::string line;
  if (!std::getline(in, line) || line != kFormat || !std::getline(in, line) || line != "stamp " + stamp) return;
  Index* index = nullptr;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "index") {
      Name name;
      std::int64_t end = 0;
      words >> name.first >> name.second >> end;
      index = &indexes_[name];
      index->end = end;
    } else if (word == "run" && index) {
      std::string file;
      std::size_t count = 0;
      words >> file >> count;
      auto run = words ? PlaceRun::open(folder_ / file, count) : std::unexpected(Error{});
      if (!run) return indexes_.clear();
      index->runs.emplace_back(file, *std::move(run));
    } else {
      return indexes_.clear();
    }
  }
}

Status Places::write_manifest(const std::string& stamp) const {
  const auto next = folder_ / "manifest.next";
  {
    std::ofstream out(next, std::ios::trunc);
    out << kFormat << "\nstamp " << stamp << '\n';
    for (const auto& [name, index] : indexes_) {
      out << fmt::format("index {} {} {}\n", name.first, name.second, index.end);
      for (const auto& [file, run] : index.runs) out << fmt::format("run {} {}\n", file, run.entries().size());
    }
    out.flush();
    if (!out) return fail(Error::Kind::io, fmt::format("Cannot write {}", next.string()));
  }
  std::error_code error;
  fs::rename(next, folder_ / kManifest, error);
  if (error) return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", next.string(), error.message()));
  return {};
}

std::string RowsOfKeys::select(std::string_view columns, std::string_view table) const {
  if (conditions.empty()) return fmt::format("select {} from {} where false", columns, table);
  std::string out;
  for (const auto& condition : conditions)
    out += fmt::format("{}select {} from {} where {}", out.empty() ? "" : " union all ", columns, table, condition);
  return out;
}

Result<RowsOfKeys> Places::rows_of(Connection& connection, const std::string& table, const std::string& column,
                                   std::span<const std::int64_t> keys, std::span<const std::int64_t> gone) {
  const auto set = functions_.add_set(keys);
  const auto has_key = fmt::format("in_changed({}, {})", set, column);
  if (!has_index(table)) return RowsOfKeys{{has_key}, has_key, true};
  DH_ASSIGN(const auto* index, index_of(connection, {table, column}));
  std::vector<std::int64_t> ordered(keys.begin(), keys.end());
  std::ranges::sort(ordered);
  const auto repeated = std::ranges::unique(ordered);
  ordered.erase(repeated.begin(), repeated.end());
  if (!gone.empty()) std::erase_if(ordered, [&](const auto key) { return std::ranges::binary_search(gone, key); });
  std::vector<std::int64_t> places;
  for (const auto& [file, run] : index->runs) run.find(ordered, places);
  RowsOfKeys rows{conditions_at(table, std::move(places)), has_key, false};
  // The key is looked at too: whatever happened to the files, no other row is ever touched.
  for (auto& condition : rows.conditions) condition += fmt::format(" and is_changed({}, {})", set, column);
  return rows;
}

// in_places() alone is asked of every vector of a table.
std::vector<std::string> Places::conditions_at(const std::string& table, std::vector<std::int64_t> places) {
  std::ranges::sort(places);
  const auto end = ends_.contains(table) ? ends_.at(table) : 0;
  auto parts = split_places(std::move(places), end < kWorthSkipping ? 0 : end);
  std::vector<std::string> conditions;
  if (!parts.scattered.empty()) {
    const auto list = fmt::format("{}", fmt::join(parts.scattered, ","));
    conditions.push_back(fmt::format("rowid in (select unnest([{}])) and in_places({}, rowid)", list,
                                     functions_.add_places(std::move(parts.scattered))));
  }
  for (auto& part : parts.dense) {
    const auto range = fmt::format("rowid between {} and {}", part.front(), part.back());
    conditions.push_back(fmt::format("{} and in_places({}, rowid)", range, functions_.add_places(std::move(part))));
  }
  return conditions;
}

bool Places::has_index(const std::string& table) const {
  const auto end = ends_.find(table);
  return end != ends_.end() && end->second >= kSmallTable && !replaced_.contains(table);
}

bool Places::is_large(const std::string& table) const {
  const auto end = ends_.find(table);
  return end != ends_.end() && end->second >= kWorthThreads;
}

Result<Places::Index*> Places::index_of(Connection& connection, const Name& name) {
  if (const auto known = indexes_.find(name); known != indexes_.end()) return &known->second;
  Index index;
  DH_TRY(build(connection, name, index));
  changed_ = true;
  return &(indexes_[name] = std::move(index));
}

Result<std::vector<PlaceEntry>> Places::scan(Connection& connection, const Name& name, const std::string& condition,
                                             std::int64_t about) {
  std::vector<PlaceEntry> entries;
  entries.reserve(static_cast<std::size_t>(about));
  functions_.collect_places(&entries);
  const auto status = connection.execute(fmt::format("select count(*) from {} where {} and remember_place({}, rowid)",
                                                     name.first, condition, name.second));
  functions_.collect_places(nullptr);
  if (!status) return std::unexpected(status.error());
  order_places(entries);
  return entries;
}

// What the transaction has put in itself has rowids far beyond the end, and joins when the run is published.
Status Places::build(Connection& connection, const Name& name, Index& index) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return fail(Error::Kind::io, fmt::format("Cannot create {}: {}", folder_.string(), error.message()));
  index.end = ends_.at(name.first);
  const auto passes = index.end / kRowsOfAPass + 1;
  const auto file = new_file();
  std::size_t count = 0;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    std::string range = fmt::format("rowid < {}", index.end);
    const auto bound = [&](std::int64_t i) {  // the keys are hashes, and spread over all numbers
      return static_cast<std::int64_t>((static_cast<std::uint64_t>(i) * (~0ULL / static_cast<std::uint64_t>(passes))) ^
                                       (1ULL << 63));
    };
    if (pass > 0) range += fmt::format(" and {} >= {}", name.second, bound(pass));
    if (pass + 1 < passes) range += fmt::format(" and {} < {}", name.second, bound(pass + 1));
    DH_ASSIGN(const auto entries, scan(connection, name, range, index.end / passes * 21 / 20));
    DH_TRY(PlaceRun::write(folder_ / file, entries, pass > 0));
    count += entries.size();
  }
  DH_ASSIGN(auto run, PlaceRun::open(folder_ / file, count));
  index.runs.emplace_back(file, std::move(run));
  return {};
}

// The rows from the index's end on become a run of their own, or one with the last ones if those are not much larger.
Status Places::take_in(Connection& connection, const Name& name, Index& index, std::int64_t end,
                       std::string_view run_id) {
  const auto since =
      index.was_cut ? fmt::format("rowid >= {}", index.end) : appended_since(name.first, index.end, run_id);
  DH_ASSIGN(const auto entries, scan(connection, name, since, end - index.end));
  auto count = entries.size();
  auto kept = index.runs.size();
  std::vector<const PlaceRun*> joined;
  for (; kept > 0 && index.runs[kept - 1].second.entries().size() < kGrowth * count; --kept) {
    joined.push_back(&index.runs[kept - 1].second);
    count += joined.back()->entries().size();
  }
  const auto file = new_file();
  DH_ASSIGN(count, PlaceRun::write_merged(folder_ / file, entries, joined, index.end));
  DH_ASSIGN(auto run, PlaceRun::open(folder_ / file, count));
  index.runs.erase(index.runs.begin() + static_cast<std::ptrdiff_t>(kept), index.runs.end());
  index.runs.emplace_back(file, std::move(run));
  index.end = end;
  index.was_cut = false;
  changed_ = true;
  return {};
}

// The youngest rows that the index knows tell: whatever group is dropped, they move, or younger ones come among them.
Result<bool> Places::has_moved(Connection& connection, const Name& name, const Index& index) {
  if (ends_[name.first] < index.end) return true;
  for (const std::int64_t rows : {std::int64_t{2'048}, std::int64_t{200'000}, index.end}) {
    const auto from = std::max<std::int64_t>(index.end - rows, 0);
    DH_ASSIGN(const auto entries,
              scan(connection, name, fmt::format("rowid between {} and {}", from, index.end - 1), 0));
    std::vector<std::int64_t> places;
    for (const auto& entry : entries) {
      places.clear();
      for (const auto& [file, run] : index.runs) run.find({&entry.key, 1}, places);
      if (std::ranges::find(places, entry.place) == places.end()) return true;
    }
    if (!entries.empty()) return false;
  }
  return true;
}

void Places::follow(Connection& connection, std::span<const std::pair<std::string, std::string>> always) {
  const auto replaced = std::exchange(replaced_, {});
  if (is_left_out_) return;
  std::erase_if(indexes_, [&](const auto& index) { return replaced.contains(index.first.first); });
  if (indexes_.empty() && always.empty()) return;
  const auto status = [&]() -> Status {
    DH_TRY(look_at_tables(connection));
    for (const auto& name : always)
      if (const auto end = ends_.find(name.first); end != ends_.end() && end->second >= kSmallTable)
        DH_TRY(index_of(connection, name));
    if (indexes_.empty() && !fs::exists(folder_)) return {};
    DH_ASSIGN(const auto stamp, stamp_of(connection));
    const auto run_id = std::string_view(stamp).substr(0, stamp.find('@'));
    for (auto at = indexes_.begin(); at != indexes_.end();) {
      auto& [name, index] = *at;
      DH_ASSIGN(const bool moved, has_moved(connection, name, index));
      if (moved) {
        changed_ = true;
        at = indexes_.erase(at);  // it is made anew when it is asked for
        continue;
      }
      const auto end = ends_[name.first];
      if (end > index.end) DH_TRY(take_in(connection, name, index, end, run_id));
      ++at;
    }
    return write_manifest(stamp);
  }();
  if (!status) {  // the run is published all the same; the next one makes its indexes anew
    indexes_.clear();
    (void)remove_manifest();
  }
  remove_unknown_files();
}

Status Places::rows_move(const std::string& table, std::int64_t from) {
  for (auto& [name, index] : indexes_) {
    if (name.first != table || index.end <= from) continue;
    index.end = from;
    index.was_cut = changed_ = true;
  }
  return remove_manifest();
}

Status Places::remove_manifest() const {
  std::error_code error;
  fs::remove(folder_ / kManifest, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("Cannot remove {}: {}", (folder_ / kManifest).string(), error.message()));
  return {};
}

std::string Places::new_file() {
  std::error_code ignored;
  for (int number = 1;; ++number)
    if (auto name = fmt::format("{}.places", number); !fs::exists(folder_ / name, ignored)) return name;
}

void Places::remove_unknown_files() const {
  std::error_code ignored;
  std::set<std::string> known = {std::string(kManifest)};
  for (const auto& [name, index] : indexes_)
    for (const auto& [file, run] : index.runs) known.insert(file);
  for (const auto& entry : fs::directory_iterator(folder_, ignored))
    if (!known.contains(entry.path().filename().string())) fs::remove(entry.path(), ignored);
}

}  // namespace deskhouse::warehouse
