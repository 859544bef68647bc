// Records that another process decoded, standardised and validated by this room's code (src/capi), as Parquet files.
#pragma once

#include <string>
#include <vector>

namespace deskhouse::staging {

// Files by the tables of deskhouse_core_take, each of which some share of the records is in, once; and the summary of
// each share (deskhouse_core_summary).
struct PreparedFiles {
  std::vector<std::string> rows, rejects, discards, blocks;
  std::vector<std::string> partials;  // of events only
  std::vector<std::string> summaries;
  // Rows and blocks also have the columns that are of the run (source, loaded_at, run_id; run_id, source, entity,
  // extracted_at), and rows lie in the folders of a lake's partitions: a lake can take the files as they are.
  bool names_run = false;
};

}  // namespace deskhouse::staging
