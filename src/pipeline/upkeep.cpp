#include "pipeline/upkeep.h"

#include "warehouse/row_groups.h"

namespace deskhouse::pipeline {

Result<warehouse::UpkeepReport> tidy_up(const config::Config& config, Warehouse& warehouse, Timestamp now) {
  auto& connection = warehouse.connection;
  if (connection.is_of_lake())
    return warehouse::maintain(connection, {.now = now,
                                            .keep_snapshots_seconds = config.maintenance.keep_snapshots_seconds,
                                            .keep_files_seconds = config.maintenance.keep_files_seconds});
  DH_TRY(connection.execute("checkpoint"));  // also drops the row groups of which every row was deleted
  DH_ASSIGN(const auto rows, warehouse::close_gaps(connection, warehouse.database->places(), 0));
  return warehouse::UpkeepReport{.rows_rewritten = rows};
}

Result<bool> is_upkeep_due(const config::Config& config, Warehouse& warehouse, Timestamp now) {
  auto& connection = warehouse.connection;
  if (!connection.is_of_lake() || config.maintenance.every_seconds == 0) return false;
  DH_ASSIGN(const auto last,
            connection.scalar("select coalesce((select max(epoch_us(started_at)) from meta.maintenance), (select "
                              "min(epoch_us(finished_at)) from meta.runs where status = 'succeeded'))"));
  return last && now.us - *last >= config.maintenance.every_seconds * kMicrosPerSecond;
}

}  // namespace deskhouse::pipeline
