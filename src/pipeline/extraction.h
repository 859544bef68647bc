// One entity of one source, from the reader to its load table: read, stage, find the winning versions, load in batches.
// Three threads: reading (and packing the raw bytes), staging, loading (with DuckDB's own); bounded queues between them
// keep memory flat.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "schema/table.h"
#include "sources/source.h"
#include "staging/raw_block.h"
#include "staging/stager.h"
#include "warehouse/database.h"
#include "warehouse/loader.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

// extracted = loaded + unchanged + superseded + quarantined (spec 1).
struct Balance {
  std::int64_t extracted = 0, loaded = 0, unchanged = 0, superseded = 0, quarantined = 0;
  std::int64_t ties = 0;  // decided by the position alone
  bool holds() const { return extracted == loaded + unchanged + superseded + quarantined; }
};

// What extraction leaves for publishing.
struct Extraction {
  const config::EntityMapping* mapping = nullptr;
  const schema::TableInfo* entity = nullptr;
  warehouse::Loader::Kind kind = warehouse::Loader::Kind::temporary;
  std::string load_table;
  Balance balance;
  bool must_be_careful = false;  // the load table refused a row: extract again with context.careful
  std::vector<warehouse::LoadBatch> batches;
  std::map<std::string, staging::FieldCounts> fields;
  std::vector<std::string> unmapped_columns;
  std::int64_t bytes = 0;
  double extract_seconds = 0, transform_seconds = 0, load_seconds = 0;  // of work; the three overlap
  double publish_seconds = 0;
  std::int64_t peak_memory_bytes = 0;
  std::int64_t refused = 0;                 // of balance.quarantined, by the load table
  std::optional<Timestamp> watermark;       // the greatest updated_at of the rows that the load table took
  std::string state;                        // sources::Reader::state
  std::optional<sources::Period> backfill;  // of this period: it moves neither of the two
  bool is_fed = false;                      // of a feed (feed.h): nor does it; no position decides between versions
  // Records that exist and were not loaded: the keys of those whose id is sure, and how many there are beside them.
  std::vector<std::int64_t> rejected_keys;
  std::int64_t unsure_rejects = 0;
  std::optional<std::vector<sources::SourceColumn>> columns_seen;  // sources::Reader::columns_seen
  bool unfinished = false;                                         // sources::Reader::unfinished
  std::vector<std::string> listed_parents;                         // sources::Reader::listed_parents
  std::string unavailable;                                         // sources::Reader::unavailable
  sources::Progress input;                                         // at the end
  // Where records came from, if context.keeps_origins: the lines of those of each raw block, by its first position, and
  // the header of each file.
  std::map<std::int64_t, std::vector<std::int64_t>> lines;
  std::map<std::int32_t, std::string> headers;
};

struct ExtractionProgress {
  std::string source, entity;
  std::int64_t records = 0;
  sources::Progress input;
};

struct ExtractionContext {
  warehouse::Connection& connection;  // used by the loading thread until run_extraction returns
  warehouse::Connection&
      raw_connection;  // in no transaction: staging.raw_blocks and quarantine are written piece by piece
  warehouse::FunctionContext& functions;
  std::int64_t run_id;
  Timestamp started_at;
  std::size_t batch_size, bulk_batch_size;  // records a batch: of the first ten, of the others
  bool careful = false;                     // each batch in a transaction of its own, poisonous rows singled out
  bool keeps_origins = false;               // checks may send rows to quarantine (quarantine_checks.h)
  std::function<void(const ExtractionProgress&)> on_progress;
};

// A row of staging.raw_blocks.
Status write_raw_block(warehouse::RowWriter& writer, const ExtractionContext& context,
                       const config::EntityMapping& mapping, const staging::RawBlock& block);

// One with nothing in it yet, and the name of its load table.
Extraction new_extraction(const config::EntityMapping& mapping, const schema::TableInfo& entity,
                          warehouse::Loader::Kind kind);

Result<Extraction> run_extraction(ExtractionContext& context, sources::Reader& reader, staging::Stager& stager,
                                  const config::EntityMapping& mapping, const schema::TableInfo& entity,
                                  warehouse::Loader::Kind kind);

}  // namespace deskhouse::pipeline
