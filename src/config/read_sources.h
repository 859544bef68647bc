// [sources] as mappings, one per source and entity.
#pragma once

#include <filesystem>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace deskhouse::config {

std::vector<SourceConfig> read_sources(const Section& section, const std::filesystem::path& project);

}  // namespace deskhouse::config
