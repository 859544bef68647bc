// The source types, in one explicit list (registry.cpp), and what a source gets from outside its room.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "config/config.h"
#include "sources/file_reader.h"
#include "sources/parquet.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Not owned; what it points to outlives every source made with it. Cheap to copy.
struct SourceServices {
  ParquetReader* parquet = nullptr;              // null: Parquet files are refused with a message
  std::size_t block_bytes = kDefaultBlockBytes;  // of text read at once; tests use tiny ones
};

struct SourceType {
  std::string_view name;  // the `type` of a source in deskhouse.toml
  std::string_view doc;   // one line, for docs and messages
  Result<std::unique_ptr<Source>> (*make)(const config::SourceConfig&, const SourceServices&);
};

std::span<const SourceType> source_types();

// Fails for an unknown type, with the nearest one and the line of deskhouse.toml. The source keeps no
// reference to `source`.
Result<std::unique_ptr<Source>> make_source(const config::SourceConfig& source, const SourceServices& services);

}  // namespace deskhouse::sources
