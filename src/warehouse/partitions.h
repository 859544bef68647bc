// How the tables of a lake lie on disk: those that grow with time in Parquet files of one month each (UTC), so that who
// looks for a month reads that month's files, and dropping one leaves the others alone. A DuckDB file needs none of it,
// and all of this does nothing there.
#pragma once

#include <string_view>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// From now on new rows of the table lie by the month of `column`; empty: by none. Of an operational table that is
// schema::partition_column; models say it themselves (partition_by).
Status partition_by_month(Connection& connection, std::string_view table, std::string_view column);

// `create or replace table ... as`, of a table that lies by the month of `column`; empty: by none.
Status create_table_as(Connection& connection, std::string_view table, std::string_view column,
                       std::string_view select);

}  // namespace deskhouse::warehouse
