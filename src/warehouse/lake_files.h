// Parquet files that somebody else has written, as files of a lake's table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// Moves the files below the table's own folder and registers them, all in one commit; the lake owns them from then on,
// merges them, lets them expire. Folders of the form "year=2024/month=3" right above a file say which partition its
// rows are in, and must be true. Columns that the table has not are ignored; all that it has must be there, in its
// types, without the NULLs that it forbids. Who dies in between leaves orphans (maintenance.h). `table` is
// "schema.name", committed. REQUIRES a connection of a lake, in no transaction; one file at least; names that the
// table's folder does not have yet.
Status add_lake_files(Connection& connection, std::string_view table, const std::vector<std::string>& files);

}  // namespace deskhouse::warehouse
