// One entity of one source, prepared for loading: what stands behind the C functions, without their border. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "capi/deskhouse_core.h"
#include "config/config.h"
#include "sources/source.h"
#include "staging/raw_block.h"
#include "staging/stager.h"

namespace deskhouse::capi {

class Preparation {
 public:
  static Result<std::unique_ptr<Preparation>> open(const deskhouse_core_request& request);
  Status open_files(std::int32_t part, std::int32_t parts);
  // Records of the next batch; 0 at the end. REQUIRES open_files.
  Result<std::int64_t> next();
  // The tables of deskhouse_core_take; an error for a name that is none of them.
  Status take(std::string_view table, ArrowArray& array, ArrowSchema& schema) const;
  std::string summary() const;

 private:
  Preparation(config::EntityMapping mapping, std::size_t batch_size, std::unique_ptr<staging::Stager> stager);
  void take_rows(ArrowArray& array, ArrowSchema& schema) const;
  void take_rejects(ArrowArray& array, ArrowSchema& schema) const;
  void take_discards(ArrowArray& array, ArrowSchema& schema) const;
  void take_block(ArrowArray& array, ArrowSchema& schema) const;
  std::string header_of(std::int64_t position) const;

  const config::EntityMapping mapping_;
  const schema::TableInfo* entity_;
  const std::size_t batch_size_;
  std::unique_ptr<staging::Stager> stager_;
  std::unique_ptr<sources::Reader> reader_;
  // Of the latest batch; rows that were taken outlive it.
  std::shared_ptr<staging::StagedBatch> staged_;
  staging::RawBlock block_;
  std::string lines_;
  std::int64_t extracted_ = 0, repeats_ = 0, bytes_ = 0;
};

}  // namespace deskhouse::capi
