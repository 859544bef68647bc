// One entity of one source, prepared for loading: what stands behind the C functions, without their border. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "capi/deskhouse_core.h"
#include "config/config.h"
#include "events/decoder.h"
#include "sources/source.h"
#include "staging/raw_block.h"
#include "staging/stager.h"

namespace deskhouse::capi {

class Preparation {
 public:
  static Result<std::unique_ptr<Preparation>> open(const deskhouse_core_request& request);
  Status open_files(std::int32_t part, std::int32_t parts);
  // Takes over both.
  Status add_events(const events::Place& place, std::int32_t number, ArrowArray& array, ArrowSchema& schema);
  // Records of the next batch; 0 at the end. REQUIRES open_files or add_events.
  Result<std::int64_t> next();
  // The tables of deskhouse_core_take; an error for a name that is none of them.
  Status take(std::string_view table, ArrowArray& array, ArrowSchema& schema);
  std::string summary() const;

 private:
  // What events are read with, and what of them is not staged yet.
  struct Events {
    std::unique_ptr<events::Decoder> decoder;
    std::deque<sources::RawBatch> waiting;
    std::vector<events::PartialEvent> partial;
    std::map<std::int32_t, std::int64_t> records;       // that have a number, by place
    std::map<events::Place, events::Position> reached;  // the last message of each
  };

  Preparation(config::EntityMapping mapping, bool is_of_files, std::size_t batch_size, Timestamp latest_update);
  Status set_stager(Result<std::unique_ptr<staging::Stager>> stager);
  Result<bool> read(sources::RawBatch& raw);
  void take_rows(ArrowArray& array, ArrowSchema& schema);
  void take_rejects(ArrowArray& array, ArrowSchema& schema);
  void take_discards(ArrowArray& array, ArrowSchema& schema);
  void take_block(ArrowArray& array, ArrowSchema& schema);
  void take_partials(ArrowArray& array, ArrowSchema& schema);
  std::string header_of(std::int64_t position) const;

  const config::EntityMapping mapping_;
  const schema::TableInfo* entity_;
  const bool is_of_files_;
  const std::size_t batch_size_;
  const Timestamp latest_update_;
  std::unique_ptr<staging::Stager> stager_;
  std::unique_ptr<sources::Reader> reader_;  // of files
  Events events_;
  // Of the latest batch; rows that were taken outlive it.
  std::shared_ptr<staging::StagedBatch> staged_;
  staging::RawBlock block_;
  std::string lines_;
  std::int64_t extracted_ = 0, repeats_ = 0, bytes_ = 0;
};

}  // namespace deskhouse::capi
