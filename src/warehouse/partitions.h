// How the tables of a lake lie on disk: those that grow with time in Parquet files of one month each (UTC), so that who
// looks for a month reads that month's files, and dropping one leaves the others alone. A DuckDB file needs none of it,
// and all of this does nothing there.
#pragma once

#include <string_view>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

// The time whose month an operational table lies by; empty: by none. Models say it themselves (partition_by).
std::string_view partition_column(std::string_view entity);

// From now on new rows of the table lie by the month of `column`; empty: by none.
Status partition_by_month(Connection& connection, std::string_view table, std::string_view column);

// `create or replace table ... as`, of a table that lies by the month of `column`; empty: by none.
Status create_table_as(Connection& connection, std::string_view table, std::string_view column,
                       std::string_view select);

}  // namespace deskhouse::warehouse
