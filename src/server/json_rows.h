// Results as the API writes them.
#pragma once

#include <string>

#include "warehouse/database.h"

namespace deskhouse::server {

// {"columns":[{"name","type"}],"rows":[[...]],"truncated":bool}. Numbers are numbers with all their digits, date-times
// ISO 8601 in UTC, anything else text; what is no valid UTF-8 is replaced.
std::string json_result(const warehouse::Selected& selected);
// [{"name":value}]
std::string json_objects(const warehouse::Rows& rows);

}  // namespace deskhouse::server
