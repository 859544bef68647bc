#include "warehouse/row_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/fault.h"
#include "warehouse/place_parts.h"

namespace deskhouse::warehouse {

namespace {

// So many checkpoints are worth a merge. One of few rows takes some 4 ms a table; while rows of it are deleted, a row
// group takes 256 KiB of memory, however small it is.
constexpr std::int64_t kManyRowGroups = 8;
// A part that was merged is merged again with what is at least so much of it.
constexpr std::int64_t kGrowth = 4;
// A row group with more of its rows is as good as full.
constexpr std::int64_t kNearlyFull = kRowGroup * 3 / 4;
// Deleted rows are kept in memory until the commit.
constexpr std::int64_t kRowsOfATransaction = 1'000'000;
// Fewer places are not worth to be looked at for gaps.
constexpr std::int64_t kWorthALook = 100'000;
// A row group is in memory while it is filled: 122,880 raw records or files may be too much for that.
constexpr std::int64_t kLargestBlobs = 64 << 20;

// What merge_appended knows of each table.
constexpr std::string_view kStates = "meta.row_groups";

struct Range {
  std::string table;
  std::int64_t first = 0, last = 0;  // rowids
  std::int64_t rows = 0;             // about

  std::string condition() const { return fmt::format("rowid between {} and {}", first, last); }
};

struct Table {
  std::string name;
  std::int64_t places = 0;
  std::string blob_bytes;  // of a row, as SQL; empty if it has none
};

// Without those that a server's other threads write to beside a run (alerts, the stream's lag): a row that has moved
// would refuse their update. They are small, and old alerts go.
Result<std::vector<Table>> read_tables(Connection& connection) {
  DH_ASSIGN(
      auto rows,
      connection.query("select t.schema_name || '.' || t.table_name as name, any_value(t.estimated_size), "
                       "coalesce(string_agg('octet_length(' || c.column_name || ')', ' + '), '') from "
                       "duckdb_tables() t left join duckdb_columns() c on c.table_oid = t.table_oid and "
                       "c.database_oid = t.database_oid and c.data_type = 'BLOB' where t.database_name = "
                       "current_database() and not t.internal and not t.temporary and not (t.schema_name = 'meta' and "
                       "(starts_with(t.table_name, 'alert') or t.table_name = 'stream_lag')) "
                       "group by name order by name"));
  std::vector<Table> tables;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    tables.push_back({rows.display(i, 0), rows.integer(i, 1), rows.display(i, 2)});
  return tables;
}

Result<std::int64_t> count(Connection& connection, const std::string& table, std::string_view condition) {
  DH_ASSIGN(const auto rows, connection.scalar(fmt::format("select count(*) from {} where {}", table, condition)));
  return rows.value_or(0);
}

Result<bool> has_large_blobs(Connection& connection, const Table& table, std::int64_t from) {
  if (table.blob_bytes.empty()) return false;
  DH_ASSIGN(const auto bytes, connection.scalar(fmt::format("select sum({})::bigint from {} where rowid >= {}",
                                                            table.blob_bytes, table.name, from)));
  return bytes.value_or(0) > kLargestBlobs;
}

// The rows of a range are appended, and are where they were no more.
Status move_rows(Connection& connection, const Range& range) {
  DH_TRY(
      connection.execute(fmt::format("insert into {0} select * from {0} where {1}", range.table, range.condition())));
  return connection.execute(fmt::format("delete from {} where {}", range.table, range.condition()));
}

// In as many transactions as they need; `finish` is a part of the last one. A checkpoint moves the rows behind a row
// group that it drops, so those at the end of a table are the first.
Result<std::int64_t> rewrite(Connection& connection, Places& places, std::vector<Range> ranges,
                             const std::string& finish) {
  std::ranges::reverse(ranges);
  std::int64_t moved = 0;
  std::size_t i = 0;
  do {
    DH_ASSIGN(auto transaction, Transaction::begin(connection));
    std::int64_t rows = 0;
    for (; i < ranges.size() && (rows == 0 || rows + ranges[i].rows <= kRowsOfATransaction); ++i) {
      DH_TRY(move_rows(connection, ranges[i]));
      DH_TRY(places.rows_move(ranges[i].table, ranges[i].first));
      rows += ranges[i].rows;
    }
    if (i == ranges.size()) DH_TRY(connection.execute(finish));
    fault_point("before_merge_commit");
    {
      std::optional<CheckpointAtCommit> checkpoint;
      if (rows > 0) checkpoint.emplace(connection);
      DH_TRY(transaction.commit());
    }
    fault_point("after_merge_commit");
    moved += rows;
  } while (i < ranges.size());
  return moved;
}

// Neighbours become one range, of at most one transaction's rows.
void add(std::vector<Range>& ranges, const std::string& table, const RowGroup& group) {
  const auto last = group.first + group.places - 1;
  if (!ranges.empty() && ranges.back().table == table && ranges.back().last + 1 == group.first &&
      ranges.back().rows + group.rows <= kRowsOfATransaction) {
    ranges.back().last = last;
    ranges.back().rows += group.rows;
  } else {
    ranges.push_back({table, group.first, last, group.rows});
  }
}

// The row groups that are not nearly full, if fewer can hold their rows.
std::vector<Range> emptiest(const std::string& table, std::span<const RowGroup> groups) {
  std::vector<Range> ranges;
  std::int64_t rows = 0, chosen = 0;
  for (const auto& group : groups) {
    if (group.rows > kNearlyFull) continue;
    add(ranges, table, group);
    rows += group.rows;
    ++chosen;
  }
  if (chosen <= (rows + kRowGroup - 1) / kRowGroup) ranges.clear();
  return ranges;
}

// Places of a table as ranges of at most one transaction's.
std::vector<Range> in_parts(const std::string& table, std::int64_t from, std::int64_t end) {
  std::vector<Range> ranges;
  for (; from < end; from += kRowsOfATransaction) {
    const auto next = std::min(end, from + kRowsOfATransaction);
    ranges.push_back({table, from, next - 1, next - from});
  }
  return ranges;
}

// What is known of a table: the row groups before starts[0] are full, those from starts[i] to starts[i + 1] or
// `places` were merged into one, those from `places` on came since.
struct State {
  std::vector<std::int64_t> starts;
  std::int64_t places = 0;
};

Result<std::map<std::string, State>> read_states(Connection& connection) {
  DH_ASSIGN(auto rows, connection.query(fmt::format("select table_name, places, start from {} order by "
                                                    "table_name, start",
                                                    kStates)));
  std::map<std::string, State> states;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    auto& state = states[rows.display(i, 0)];
    state.places = rows.integer(i, 1);
    state.starts.push_back(rows.integer(i, 2));
  }
  return states;
}

// From where on a table's places are merged: what came since, and each part before it that is not much larger, which
// is no part of its own then. So there are few parts, and each row is written a few times in all.
std::int64_t start_of_merge(State& state, std::int64_t end) {
  auto from = std::min(state.places, end);
  while (!state.starts.empty() && from - state.starts.back() < kGrowth * (end - from) + kRowGroup / 100) {
    from = std::min(from, state.starts.back());
    state.starts.pop_back();
  }
  return from;
}

}  // namespace

Result<std::vector<RowGroup>> read_row_groups(Connection& connection, const std::string& table) {
  DH_ASSIGN(auto rows, connection.query(fmt::format("select sum(count)::bigint from pragma_storage_info({}) where "
                                                    "column_path = '[0]' group by row_group_id order by row_group_id",
                                                    sql_text(table))));
  std::vector<RowGroup> groups;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    groups.push_back({.first = first, .places = rows.integer(i, 0)});
    first += groups.back().places;
  }
  for (auto& group : groups) {
    const Range range{table, group.first, group.first + group.places - 1};
    DH_ASSIGN(group.rows, count(connection, table, range.condition()));
  }
  return groups;
}

// Each published run adds to meta.runs, which is small: it has a row group for each checkpoint since.
Result<bool> has_many_row_groups(Connection& connection) {
  DH_ASSIGN(
      const auto groups,
      connection.scalar("select case when exists (from meta.row_groups) then (select count(distinct row_group_id) "
                        "from pragma_storage_info('meta.runs')) end"));
  return !groups || *groups >= kManyRowGroups;
}

Result<std::int64_t> merge_appended(Connection& connection, Places& places) {
  DH_ASSIGN(auto states, read_states(connection));
  DH_ASSIGN(const auto tables, read_tables(connection));
  std::vector<Range> ranges;
  std::string values;
  for (const auto& table : tables) {
    const auto& [name, end, blob_bytes] = table;
    if (name == kStates) continue;
    // A large table that is seen for the first time was filled at once.
    auto& state = states.try_emplace(name, State{{end < kRowGroup ? 0 : end}, end}).first->second;
    if (state.places != end) {
      const auto from = start_of_merge(state, end);
      DH_ASSIGN(const auto rows, count(connection, name, fmt::format("rowid >= {}", from)));
      DH_ASSIGN(const bool is_large, has_large_blobs(connection, table, from));
      if (is_large || rows >= kManyRowGroups * kNearlyFull) {  // it came in large parts
        state = {{end}, end};
      } else {
        std::ranges::move(in_parts(name, from, end), std::back_inserter(ranges));
        if (rows >= kRowGroup) state.starts.clear();  // full ones are not touched again
        state.starts.push_back(from + rows / kRowGroup * kRowGroup);
        state.places = from + rows;
      }
    }
    for (const auto start : state.starts)
      values += fmt::format("{}({}, {}, {})", values.empty() ? "" : ", ", sql_text(name), state.places, start);
  }
  return rewrite(connection, places, std::move(ranges),
                 fmt::format("delete from {0}; insert into {0} values {1}", kStates, values));
}

Result<std::int64_t> close_gaps(Connection& connection, Places& places, double share) {
  DH_ASSIGN(const auto tables, read_tables(connection));
  std::vector<Range> ranges;
  std::string moved;
  for (const auto& table : tables) {
    const auto& [name, end, blob_bytes] = table;
    if (name == kStates || (share > 0 && end < kWorthALook)) continue;
    if (share > 0) {
      DH_ASSIGN(const auto rows, count(connection, name, "true"));
      if (static_cast<double>(end - rows) <= share * static_cast<double>(end)) continue;
    }
    DH_ASSIGN(const auto groups, read_row_groups(connection, name));
    auto chosen = emptiest(name, groups);
    if (chosen.empty()) continue;
    DH_ASSIGN(const bool is_large, has_large_blobs(connection, table, 0));
    if (is_large) continue;
    std::ranges::move(chosen, std::back_inserter(ranges));
    moved += fmt::format("{}{}", moved.empty() ? "" : ", ", sql_text(name));
  }
  if (ranges.empty()) return 0;
  return rewrite(connection, places, std::move(ranges),
                 fmt::format("delete from {} where table_name in ({})", kStates, moved));
}

}  // namespace deskhouse::warehouse
