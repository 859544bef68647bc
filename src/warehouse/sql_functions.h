// The functions that SQL from outside may call. Not among them: what reads files, settings or the environment, what
// changes state, and what makes a large text out of a small one (repeat and the like go past the memory limit).
#pragma once

#include <string_view>

namespace deskhouse::warehouse {

bool is_allowed_function(std::string_view name);        // in lower case; operators too
bool is_allowed_table_function(std::string_view name);  // in FROM
// Whether it gives the same for the same data; else the answer depends on the time or on chance.
bool is_stable_function(std::string_view name);

}  // namespace deskhouse::warehouse
