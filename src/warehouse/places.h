// Where the rows of a key are: indexes from a key column of a large table to its rowids, in files beside the database.
// A run that changes ten thousand rows finds them by these instead of by reading the whole column (decision 0028).
//
// The files hold nothing that the tables do not, and may be deleted at any time: an index that is missing, or is not of
// exactly the published state of the database, is made anew by one scan when it is first asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

struct PlaceEntry {
  std::int64_t key = 0, place = 0;  // place: the rowid
  auto operator<=>(const PlaceEntry&) const = default;
};

// Orders entries by key and place. The keys are hashes: spread evenly, which a few thousand buckets make use of.
void order_places(std::vector<PlaceEntry>& entries);

// An immutable file of entries in order, mapped into memory. Movable.
class PlaceRun {
 public:
  static Status write(const std::filesystem::path& file, std::span<const PlaceEntry> entries, bool append);
  // A new file of `entries` (in order) and those of `runs` with places below `below`, in memory that does not grow with
  // them: how many it holds.
  static Result<std::size_t> write_merged(const std::filesystem::path& file, std::span<const PlaceEntry> entries,
                                          std::span<const PlaceRun* const> runs, std::int64_t below);
  // Fails if the file is not there or does not hold exactly `count` entries.
  static Result<PlaceRun> open(const std::filesystem::path& file, std::size_t count);
  PlaceRun(PlaceRun&& other) noexcept;
  PlaceRun& operator=(PlaceRun&& other) noexcept;
  ~PlaceRun();
  std::span<const PlaceEntry> entries() const { return entries_; }
  // Appends the places of `keys` (ascending) to `places`.
  void find(std::span<const std::int64_t> keys, std::vector<std::int64_t>& places) const;

 private:
  PlaceRun() = default;
  // What was read of it no longer counts as this process's memory; it is still in the system's.
  void let_go() const;
  std::span<const PlaceEntry> entries_;
};

// SQL conditions over the rows of a table; good for the transaction in which they were made.
struct RowsOfKeys {
  // Each row of the keys meets one of them. More than one where few rows lie far from the others, so that DuckDB skips
  // what lies between.
  std::vector<std::string> conditions;
  std::string has_key;  // the same for any table with that column, by its value
  // Whether they also find rows that the transaction has put in itself.
  bool finds_own_rows = true;

  // The rows as one SELECT.
  std::string select(std::string_view columns, std::string_view table) const;
};

// One thread at a time; one process at a time, as the database that it belongs to. A file that cannot be read or
// written is an error of find and never one of follow.
class Places {
 public:
  Places(std::filesystem::path folder, FunctionContext& functions);
  ~Places();

  // Of a lake, where others may write between two runs, and files are pruned by what is in them: no indexes at all.
  void leave_out() { is_left_out_ = true; }
  // REQUIRES that the transaction which will call rows_of has changed nothing yet. Trusts the files if they are of the
  // latest published run and the tables have as many places as they had then.
  Status open(Connection& connection);
  // Those whose `column` (BIGINT) is one of `keys`. `gone` (ascending): keys of which the table has no row any more but
  // those that the transaction has put in itself.
  Result<RowsOfKeys> rows_of(Connection& connection, const std::string& table, const std::string& column,
                             std::span<const std::int64_t> keys, std::span<const std::int64_t> gone = {});
  // Conditions, as those of RowsOfKeys, that are true for the rowids `places` of a table.
  std::vector<std::string> conditions_at(const std::string& table, std::vector<std::int64_t> places);
  // Whether rows_of would look into an index of the table, and not at all its rows.
  bool has_index(const std::string& table) const;
  // Whether passing over all rows of the table is work for more than one thread.
  bool is_large(const std::string& table) const;
  // The transaction gives the table new rows throughout: what is known of it is void.
  void replaced(const std::string& table) { replaced_.insert(table); }
  // Rows of the table at `from` and behind are about to move, the others stay: follow() looks them up again. Until then
  // whoever opens the database does not trust the files. Call it before the commit that moves them.
  Status rows_move(const std::string& table, std::int64_t from);
  // After the commit: takes in what the run appended. What cannot be kept is forgotten.
  // Those of `always` that are not there are made, so that the next run need not.
  void follow(Connection& connection, std::span<const std::pair<std::string, std::string>> always = {});

 private:
  struct Index {
    std::int64_t end = 0;  // rowids below it are in the runs, others are not to be trusted
    bool was_cut = false;  // rows from there on are not only those of the last run
    std::vector<std::pair<std::string, PlaceRun>> runs;  // file name; the largest first
  };
  using Name = std::pair<std::string, std::string>;  // table, column

  void read_manifest(const std::string& stamp);
  Status write_manifest(const std::string& stamp) const;
  Status remove_manifest() const;
  Status look_at_tables(Connection& connection);
  Result<Index*> index_of(Connection& connection, const Name& name);
  Status build(Connection& connection, const Name& name, Index& index);
  Status take_in(Connection& connection, const Name& name, Index& index, std::int64_t end, std::string_view run_id);
  // Whether rows are elsewhere than the index says: a checkpoint drops a row group of which every row was deleted, and
  // all rows behind it move up.
  Result<bool> has_moved(Connection& connection, const Name& name, const Index& index);
  // `about`: how many there will be.
  Result<std::vector<PlaceEntry>> scan(Connection& connection, const Name& name, const std::string& condition,
                                       std::int64_t about);
  std::string new_file();
  void remove_unknown_files() const;

  std::filesystem::path folder_;
  FunctionContext& functions_;
  std::map<Name, Index> indexes_;
  std::map<std::string, std::int64_t> ends_;  // places of each table, used or not, as published
  std::set<std::string> replaced_;
  bool is_left_out_ = false;
  int looks_left_ = 0;    // times that open() need not look: there is nothing to trust
  bool changed_ = false;  // the manifest on disk is not what is known here
};

}  // namespace deskhouse::warehouse
