#include "staging/raw_block.h"

#include <zstd.h>

#include <cstring>
#include <memory>

#include "base/result.h"
#include "staging/stager.h"

namespace deskhouse::staging {

namespace {

constexpr int kLevel = 1;  // measured: higher levels cost more time than the smaller file saves

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

RawBlock encode_raw_block(const sources::RawBatch& batch) {
  RawBlock block;
  block.file = batch.file;
  block.records = static_cast<std::int64_t>(batch.records.size());
  if (batch.records.empty()) return block;
  block.first_position = (std::int64_t{batch.file_index} << kPositionFileShift) | batch.records.front().position;
  thread_local std::string plain;
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  plain.clear();
  for (const auto& record : batch.records) {
    const auto length = static_cast<std::uint32_t>(record.raw.size());
    plain.append(reinterpret_cast<const char*>(&length), sizeof length);
    plain.append(record.raw);
    block.bytes += length;
  }
  block.payload.resize(ZSTD_compressBound(plain.size()));
  const auto size =
      ZSTD_compressCCtx(context.get(), block.payload.data(), block.payload.size(), plain.data(), plain.size(), kLevel);
  DH_ASSERT(!ZSTD_isError(size), "a buffer of compressBound bytes is always enough");
  block.payload.resize(size);
  return block;
}

bool decode_raw_block(std::string_view payload, const std::function<void(std::string_view)>& f) {
  const auto size = ZSTD_getFrameContentSize(payload.data(), payload.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return false;
  std::string plain(size, '\0');
  if (ZSTD_isError(ZSTD_decompress(plain.data(), plain.size(), payload.data(), payload.size()))) return false;
  for (std::size_t at = 0; at + sizeof(std::uint32_t) <= plain.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, plain.data() + at, sizeof length);
    at += sizeof length;
    if (at + length > plain.size()) return false;
    f(std::string_view(plain).substr(at, length));
    at += length;
  }
  return true;
}

}  // namespace deskhouse::staging
