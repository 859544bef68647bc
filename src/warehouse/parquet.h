// Parquet files for the sources room, read by DuckDB.
#pragma once

#include <memory>

#include "sources/parquet.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// `database` outlives the reader.
std::unique_ptr<sources::ParquetReader> make_parquet_reader(Database& database);

}  // namespace deskhouse::warehouse
