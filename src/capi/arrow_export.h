// Columnar batches as Arrow record batches. Nothing is copied but decimals, which are wider in Arrow.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capi/deskhouse_core.h"
#include "schema/batch.h"

namespace deskhouse::capi {

// A column as it goes out: buffers of Arrow's layout, kept alive by `owner`.
struct ExportColumn {
  std::string name, format;
  bool nullable = false;
  std::int64_t null_count = 0;
  std::vector<const void*> buffers;  // validity (null: all valid), then those of the format
  std::shared_ptr<const void> owner;
};

// `is_binary`: texts are bytes. `owner` keeps `data` alive.
ExportColumn column_of(const schema::BatchColumn& column, const schema::ColumnData& data, bool is_binary,
                       const std::shared_ptr<const void>& owner);
ExportColumn column_of(std::string name, std::span<const std::int64_t> words, std::shared_ptr<const void> owner);
ExportColumn column_of(std::string name, std::vector<std::int32_t> words);

// Fills both; the receiver releases them, whole or child by child.
void export_columns(std::vector<ExportColumn> columns, std::int64_t rows, ArrowArray& array, ArrowSchema& schema);

}  // namespace deskhouse::capi
