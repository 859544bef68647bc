// The tables of config/alerts.h out of deskhouse.toml.
#pragma once

#include <filesystem>

#include "config/alerts.h"
#include "config/section.h"

namespace deskhouse::config {

// `root`: the whole file.
AlertConfig read_alerts(const Section& root, const std::filesystem::path& project);

}  // namespace deskhouse::config
