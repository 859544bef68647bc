// Snapshots of a lake: each commit is one, and what they need stays on disk until they expire (maintenance.h). That of
// a run is known by the run's id.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/values.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

struct Snapshot {
  std::int64_t id = 0;
  Timestamp taken_at{};
  std::optional<std::int64_t> run_id;  // the run that it published; none: something between runs
};

// Within the transaction of a run, before its commit: its snapshot is that of the run. Nothing where there is no lake.
Status name_snapshot(Connection& connection, std::int64_t run_id);

// All that have not expired, ascending. REQUIRES a connection of a lake.
Result<std::vector<Snapshot>> read_snapshots(Connection& connection);

}  // namespace deskhouse::warehouse
