// What the warehouse knows of its runs, stages, checks, alerts and stream, for Prometheus.
#pragma once

#include "server/prometheus.h"
#include "warehouse/database.h"

namespace deskhouse::server {

// Reads meta in one transaction that can only read. Labels are names of deskhouse.toml and of files of the project; of
// each family at most 1,000 samples.
Status expose_warehouse(warehouse::Connection& connection, Exposition& out);

// What every exporter says of its process.
void expose_process(Exposition& out);

}  // namespace deskhouse::server
