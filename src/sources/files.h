// The source "files": CSV, JSON Lines and Parquet files on disk.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "sources/registry.h"
#include "sources/source.h"

namespace deskhouse::sources {

Result<std::unique_ptr<Source>> make_files_source(const config::SourceConfig& source, const SourceServices& services);

// One of several readers who read an entity's files together: each record is one share's, whoever has the others.
// Where there are files enough a share is whole files, else every parts-th batch: positions, lines and batches are
// those of a reader that has all of it.
struct Share {
  std::int32_t part = 0, parts = 1;  // REQUIRES 0 <= part < parts
};
// What the share has of the files; a column that no record of the share has is no error (JSON: columns_seen says which
// there were, and the others of the share have to be asked too).
Result<std::unique_ptr<Reader>> open_share(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                           const SourceServices& services, Share share);

}  // namespace deskhouse::sources
