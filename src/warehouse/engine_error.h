// DuckDB's error messages as errors for users.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace deskhouse::warehouse {

// `message` as DuckDB gave it while it worked on the warehouse `path`; `statement` (may be empty) is named where the
// message alone would not tell. Kind::io where the machine is at fault and not the statement or its rows: a full disk,
// too little memory, no permission, a broken file. To repeat or split the statement would not help then.
Error engine_error(std::string_view message, const std::string& path, std::string_view statement);

}  // namespace deskhouse::warehouse
