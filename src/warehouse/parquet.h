// Parquet files for the sources room, read by DuckDB.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sources/parquet.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// What stands behind FROM to read all of the files. REQUIRES one at least; they are there.
std::string parquet_files(const std::vector<std::string>& files);

// `database` outlives the reader.
std::unique_ptr<sources::ParquetReader> make_parquet_reader(Database& database);

}  // namespace deskhouse::warehouse
