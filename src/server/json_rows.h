// Results as the API writes them.
#pragma once

#include <string>

#include "warehouse/database.h"

namespace deskhouse::server {

// One value. Numbers are numbers with all their digits, date-times ISO 8601 in UTC, anything else text; what is no
// valid UTF-8 is replaced.
void append_json(const warehouse::Rows& rows, std::size_t row, std::size_t column, std::string& out);
// {"columns":[{"name","type"}],"rows":[[...]],"truncated":bool, without its end: more members may follow.
std::string json_result(const warehouse::Selected& selected);
// [{"name":value}]
std::string json_objects(const warehouse::Rows& rows);

}  // namespace deskhouse::server
