#include "warehouse/snapshots.h"

#include <fmt/format.h>

#include "warehouse/lake.h"

namespace deskhouse::warehouse {

Status name_snapshot(Connection& connection, std::int64_t run_id) {
  if (!connection.is_of_lake()) return {};
  return connection.execute(
      fmt::format("call ducklake_set_commit_message({}, 'deskhouse', 'run {}', extra_info => '{{\"run_id\": {}}}')",
                  sql_text(kLakeName), run_id, run_id));
}

Result<std::vector<Snapshot>> read_snapshots(Connection& connection) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format(
                "select snapshot_id, epoch_us(snapshot_time), try_cast(regexp_extract(commit_extra_info, "
                "'^\\{{\"run_id\": ([0-9]+)\\}}$', 1) as bigint) from ducklake_snapshots({}) order by snapshot_id",
                sql_text(kLakeName))));
  std::vector<Snapshot> snapshots;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    Snapshot one{.id = rows.integer(i, 0), .taken_at = Timestamp{rows.integer(i, 1)}, .run_id = std::nullopt};
    if (!rows.is_null(i, 2)) one.run_id = rows.integer(i, 2);
    snapshots.push_back(one);
  }
  return snapshots;
}

}  // namespace deskhouse::warehouse
