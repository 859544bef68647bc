// Small views over DuckDB's vectors for the SQL functions of this room. Private to src/warehouse.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse::warehouse {

class FunctionContext;

class LogicalType {
 public:
  explicit LogicalType(duckdb_type type) : LogicalType(duckdb_create_logical_type(type)) {}
  explicit LogicalType(duckdb_logical_type type)
      : type_(type, [](duckdb_logical_type t) { duckdb_destroy_logical_type(&t); }) {}
  static LogicalType decimal() { return LogicalType(duckdb_create_decimal_type(18, Decimal::kScale)); }
  duckdb_logical_type get() const { return type_.get(); }

 private:
  std::shared_ptr<std::remove_pointer_t<duckdb_logical_type>> type_;
};

// One flat vector: values and validity. Lives no longer than the chunk.
template <class T>
class Column {
 public:
  explicit Column(duckdb_vector vector)
      : data_(static_cast<T*>(duckdb_vector_get_data(vector))), validity_(duckdb_vector_get_validity(vector)) {}
  bool valid(idx_t row) const { return validity_ == nullptr || (validity_[row >> 6] >> (row & 63) & 1) != 0; }
  const T& operator[](idx_t row) const { return data_[row]; }
  std::string_view text(idx_t row) const {
    return {duckdb_string_t_data(data_ + row), duckdb_string_t_length(data_[row])};
  }
  std::optional<std::string_view> maybe_text(idx_t row) const {
    return valid(row) ? std::optional(text(row)) : std::nullopt;
  }

 private:
  T* data_;
  std::uint64_t* validity_;
};

template <class T>
Column<T> column(duckdb_data_chunk chunk, idx_t index) {
  return Column<T>(duckdb_data_chunk_get_vector(chunk, index));
}

inline void set_null(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

// A function that remembers is called once a row, whatever its arguments are; filters by a pure one go down into scans,
// which then read the other columns only where a row passes.
enum class FunctionKind { pure, remembers };
Status register_scalar(void* connection, FunctionContext& context, const char* name,
                       std::initializer_list<LogicalType> parameters, const LogicalType& result,
                       duckdb_scalar_function_t function, FunctionKind kind = FunctionKind::pure);

}  // namespace deskhouse::warehouse
