// Raw records are kept as extracted, many to a zstd block: a tenth of the size and of the time of one row
// each. A block is a sequence of (length: uint32 little-endian, bytes).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sources/source.h"

namespace deskhouse::staging {

struct RawBlock {
  std::string file;
  std::int64_t first_position = 0;  // global position of the first record; the others follow by one
  std::int64_t records = 0;
  std::int64_t bytes = 0;  // of the records, before compression
  std::string payload;
};

RawBlock encode_raw_block(const sources::RawBatch& batch);

// Calls f(record) for each record in order; false if the payload is not a raw block.
bool decode_raw_block(std::string_view payload, const std::function<void(std::string_view)>& f);

}  // namespace deskhouse::staging
