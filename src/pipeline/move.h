// Moves a warehouse: from a file into a lake, back, or from lake to lake, with all that it holds. Table by table, each
// in a transaction: who dies goes on with the table that he was at. Until the end the new warehouse says that nothing
// is published in it.
#pragma once

#include <functional>
#include <string>

#include "config/config.h"

namespace deskhouse::pipeline {

struct MoveReport {
  std::int64_t tables = 0, rows = 0;  // copied now
  std::int64_t known = 0;             // tables that an earlier attempt had copied
  double seconds = 0;
};

// `from` and `to` differ in their warehouse only. The source is only read, and nobody can write to it meanwhile if it
// is a file; of a lake one snapshot is copied. Refused: a target that has data of its own, a source of another version
// of Deskhouse.
Result<MoveReport> move_warehouse(const config::Config& from, const config::Config& to,
                                  const std::function<void(const std::string& step)>& progress);

}  // namespace deskhouse::pipeline
