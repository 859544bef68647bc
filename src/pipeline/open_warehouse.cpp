#include <fmt/format.h>

#include "config/location.h"
#include "pipeline/records.h"
#include "pipeline/run.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

Result<Warehouse> open_warehouse(const config::Config& config, bool read_only) {
  const auto location = config::location_of(config);
  if (read_only && !location.may_exist())
    return fail(Error::Kind::warehouse,
                fmt::format("There is no warehouse {} yet; `deskhouse run` makes it.", location.name));
  DH_ASSIGN(auto database, warehouse::Database::open({.path = location.beside.string(),
                                                      .lake = location.lake ? &location : nullptr,
                                                      .memory_limit = config.memory_limit,
                                                      .threads = config.threads,
                                                      .read_only = read_only}));
  DH_ASSIGN(auto connection, database->connect());
  auto& functions = database->functions();
  functions.set_policies(config.sla);
  functions.set_reporting_zone(config.reporting_zone);
  if (!read_only) {
    DH_TRY(warehouse::migrate(connection));
    DH_TRY(mark_interrupted_runs(connection));
  }
  return Warehouse{std::move(database), std::move(connection)};
}

}  // namespace deskhouse::pipeline
