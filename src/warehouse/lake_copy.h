// A copy of a lake's catalogue: a statement that reads by it asks the catalogue's server nothing, where each table of
// it would cost two or three questions otherwise (decision 0061). The Parquet files are the lake's own.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "config/location.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// Attached to its Database (copy_catalogue) while somebody has one; its Database outlives it.
struct LakeCopy {
  std::string name;           // of the lake in the engine
  std::int64_t snapshot = 0;  // which it was, the latest then
};

// Writes what the lake's catalogue has now of its latest snapshot into `file`, a new database: which snapshot that is.
// Whoever commits meanwhile is waited for by nobody, and not seen.
// `connection` is of the lake, which is not its default, and in no transaction.
Result<std::int64_t> write_copy(Connection& connection, config::Lake::Catalogue catalogue, const std::string& file);

}  // namespace deskhouse::warehouse
