// The source "files": CSV, JSON Lines and Parquet files on disk.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "sources/registry.h"
#include "sources/source.h"

namespace deskhouse::sources {

Result<std::unique_ptr<Source>> make_files_source(const config::SourceConfig& source, const SourceServices& services);

}  // namespace deskhouse::sources
