// Tidying up a lake, while others read it. What a snapshot needs is there as long as the snapshot; what no snapshot
// needs any more stays a while for those who began to read before. All of it needs the right to write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/values.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

struct Upkeep {
  Timestamp now{};
  std::int64_t keep_snapshots_seconds = 0;  // older snapshots expire; the last one never does
  std::int64_t keep_files_seconds = 0;      // files that nobody needs for longer than that go
};

struct UpkeepReport {
  std::int64_t snapshots_expired = 0;
  std::int64_t files_merged = 0, files_written = 0;  // small files, and those with many deleted rows, into new ones
  std::int64_t files_removed = 0;
  std::int64_t rows_rewritten = 0;  // of a warehouse that is a file (row_groups.h)
};

// In this order: rows that stand in the catalogue become files, old snapshots expire, small files of a month are
// merged, files with many deleted rows are written anew, files that nobody needs go. Each step is a commit of its own:
// who dies in between loses nothing. Ends with a row of meta.maintenance. REQUIRES a connection of a lake.
Result<UpkeepReport> maintain(Connection& connection, const Upkeep& upkeep);

// Files below the lake's folder that the catalogue does not know of, written before then: of a run that died.
Result<std::vector<std::string>> find_orphans(Connection& connection, Timestamp before);

// Removes them: how many. Ends with a row of meta.maintenance. Needs the right to write.
Result<std::int64_t> remove_orphans(Connection& connection, Timestamp now, Timestamp before);

struct LakeTable {
  std::string table;
  std::int64_t files = 0, bytes = 0, delete_files = 0, delete_bytes = 0;
};
// The tables of the present snapshot, the largest first.
Result<std::vector<LakeTable>> lake_tables(Connection& connection);

struct LakeFile {
  std::string table, path;
  std::int64_t bytes = 0;
  bool has_deletes = false;  // the file still has rows that the table has no more
};
// The files of a month, "2024-03", of the present snapshot.
Result<std::vector<LakeFile>> files_of_month(Connection& connection, const std::string& month);

}  // namespace deskhouse::warehouse
