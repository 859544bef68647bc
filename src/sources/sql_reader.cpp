#include "sources/sql_reader.h"

#include <algorithm>
#include <utility>

#include "sources/file_reader.h"

namespace deskhouse::sources {

SqlReader::SqlReader(SqlPlan plan, const ServerClocks& clocks)
    : plan_(std::move(plan)),
      shown_(plan_.entity.table.empty() ? plan_.entity.entity + " (query)" : plan_.entity.table),
      records_(plan_.columns, plan_.entity.max_record_bytes) {
  if (plan_.cursor) latest_ = latest_of(plan_.entity, clocks);
}

Result<bool> SqlReader::next(RawBatch& batch, std::size_t max_records) {
  batch.clear();
  if (error_) return std::unexpected(*error_);
  Result<bool> more = fill(batch, max_records);
  if (!more) {
    error_ = more.error();
    batch.clear();
  }
  return more;
}

Result<bool> SqlReader::fill(RawBatch& batch, std::size_t max_records) {
  if (!started_) {
    DH_ASSIGN(const auto state, start());
    started_ = reading_ = true;
    if (plan_.cursor) state_ = state.text();
  }
  TextArena arena(batch);
  while (reading_ && batch.records.size() < std::max<std::size_t>(max_records, 1) && batch.bytes < kMaxBatchBytes) {
    const auto more = read(batch, arena);
    reading_ = more.value_or(false);
    if (!more) return std::unexpected(more.error());
  }
  if (batch.records.empty()) return false;
  batch.file = shown_;
  return true;
}

}  // namespace deskhouse::sources
