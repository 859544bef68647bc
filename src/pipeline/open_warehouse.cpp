#include <fmt/format.h>

#include <filesystem>

#include "pipeline/records.h"
#include "pipeline/run.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

Result<Warehouse> open_warehouse(const config::Config& config, bool read_only) {
  auto path = std::filesystem::path(config.warehouse);
  if (path.is_relative()) path = config.project / path;
  std::error_code error;
  if (read_only && !std::filesystem::exists(path, error))
    return fail(Error::Kind::warehouse,
                fmt::format("There is no warehouse {} yet; `deskhouse run` makes it.", path.string()));
  DH_ASSIGN(auto database, warehouse::Database::open({path.string(), config.memory_limit, config.threads, read_only}));
  DH_ASSIGN(auto connection, database->connect());
  auto& functions = database->functions();
  functions.set_policies(config.sla);
  functions.set_reporting_zone(config.reporting_zone);
  if (!read_only) {
    DH_ASSIGN(const bool migrated, warehouse::migrate(connection));
    (void)migrated;
    DH_TRY(mark_interrupted_runs(connection));
  }
  return Warehouse{std::move(database), std::move(connection)};
}

}  // namespace deskhouse::pipeline
