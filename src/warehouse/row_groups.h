// Row groups of a warehouse that is a file. DuckDB begins a new one with each append to a table whose last one is on
// disk, and closes no gaps that deleted rows leave (max_vacuum_tasks is 0, decision 0014): the longer a warehouse
// lives, the more small ones each statement passes, each checkpoint writes, and memory holds. Here they are merged:
// their rows are appended again in full ones, and the next checkpoint drops those that are left empty. DuckDB's own
// vacuum is not used, since it has no limit: it took all raw records into memory (decision 0063).
//
// Tables that others write to beside a run stay as they are: those of alerts, and the stream's lag.
// What the tables hold is the same before, in between and after. All of it needs the right to write, and moves rows:
// the indexes of Places follow. All of it REQUIRES a connection of a file: a lake has no row groups of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"
#include "warehouse/places.h"

namespace deskhouse::warehouse {

struct RowGroup {
  std::int64_t first = 0;             // rowid
  std::int64_t places = 0, rows = 0;  // rows: those that were not deleted
};

// Those of a table, by rowid. Reads some of each column's every segment: for tables that may be written anew anyway.
Result<std::vector<RowGroup>> read_row_groups(Connection& connection, const std::string& table);

// Whether so many checkpoints were made since the last merge_appended that it is worth its while, or none ever was.
Result<bool> has_many_row_groups(Connection& connection);

// Merges what was appended to each table since the last time (meta.row_groups), and what was merged then, if that is
// not much more. How many rows were written again.
Result<std::int64_t> merge_appended(Connection& connection, Places& places);

// Writes again the rows of those row groups that are so empty that fewer can hold them, in each table of which more
// than `share` are gaps; with 0, in every table. How many rows.
Result<std::int64_t> close_gaps(Connection& connection, Places& places, double share);

}  // namespace deskhouse::warehouse
