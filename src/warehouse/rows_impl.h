// What Rows holds: for the files of this room that fill it.
#pragma once

#include <duckdb.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::warehouse {

// Chunks are fetched once; row -> chunk by binary search, since chunks may be short.
struct Rows::Impl {
  duckdb_result result{};
  bool owned = false;
  std::vector<duckdb_data_chunk> chunks;
  std::vector<std::size_t> starts;  // first row of each chunk
  std::size_t rows = 0;
  std::vector<duckdb_type> types, internal;
  std::vector<std::uint8_t> scales;

  ~Impl() {
    for (auto& chunk : chunks) duckdb_destroy_data_chunk(&chunk);
    if (owned) duckdb_destroy_result(&result);
  }
  // Fills types, internal and scales from the result.
  void describe() {
    for (idx_t c = 0, columns = duckdb_column_count(&result); c < columns; ++c) {
      auto type = duckdb_column_logical_type(&result, c);
      const auto id = duckdb_get_type_id(type);
      const bool decimal = id == DUCKDB_TYPE_DECIMAL;
      types.push_back(id);
      internal.push_back(decimal ? duckdb_decimal_internal_type(type) : id);
      scales.push_back(decimal ? duckdb_decimal_scale(type) : std::uint8_t{0});
      duckdb_destroy_logical_type(&type);
    }
  }
  // The statement with its lists, structs, intervals, ... as text. Empty: nothing is to be changed.
  std::string as_readable(std::string_view sql);
  std::pair<duckdb_vector, std::size_t> at(std::size_t row, std::size_t column) const {
    const auto it = std::upper_bound(starts.begin(), starts.end(), row) - 1;
    const auto chunk = static_cast<std::size_t>(it - starts.begin());
    return {duckdb_data_chunk_get_vector(chunks[chunk], column), row - *it};
  }
};

// A statement without the semicolon behind it, so that it can stand in parentheses.
std::string_view without_end(std::string_view sql);

}  // namespace deskhouse::warehouse
