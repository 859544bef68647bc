// Which sources and entities a run was asked for, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace deskhouse::pipeline {

// No names: all are.
bool is_wanted(const std::vector<std::string>& names, std::string_view name);
// Fails for a name that deskhouse.toml or the schema does not know, with the nearest one.
Status check_wanted(const config::Config& config, const std::vector<std::string>& sources,
                    const std::vector<std::string>& entities);

}  // namespace deskhouse::pipeline
