// SLA policies that a source keeps: kept in the warehouse as they were last read, so that every command means the same.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// By the name of the source, as text of deskhouse.toml.
using ImportedSla = std::map<std::string, std::string>;

// None if the warehouse was made before there were any.
Result<ImportedSla> read_imported_sla(warehouse::Connection& connection);
// Replaces what is there.
Status write_imported_sla(warehouse::Connection& connection, const ImportedSla& imported, std::int64_t run_id);

Status use_imported_sla(config::Config& config, const ImportedSla& imported);
// Both: for a command that has opened the warehouse.
Status use_imported_sla(config::Config& config, warehouse::Connection& connection,
                        warehouse::FunctionContext& functions);

}  // namespace deskhouse::pipeline
