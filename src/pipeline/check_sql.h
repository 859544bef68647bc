// A project's own SQL is let near the warehouse only if it reads. docs/decisions/0033 says what is looked at.
#pragma once

#include <string_view>

#include "warehouse/database.h"

namespace deskhouse::pipeline {

// ok if `sql` is one SELECT, by DuckDB's own syntax tree, that calls no function which writes and reads no relation but
// tables, subqueries, range, generate_series and unnest; no table may have the name of a file. Executes nothing of it.
// Else kind config, with what is wrong.
Status only_reads(warehouse::Connection& connection, std::string_view sql);

}  // namespace deskhouse::pipeline
