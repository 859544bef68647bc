// A columnar batch of typed rows in Arrow's memory layout, so that it is handed to DuckDB (and Spark) without a copy.
// Not thread-safe; movable. Column order and names are those of batch_columns(), whatever the entity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/keys.h"
#include "schema/table.h"

namespace deskhouse::schema {

// Physical type of a batch column. key: 64-bit surrogate (BIGINT).
enum class Storage { text, boolean, int64, decimal, timestamp, date, key };

struct BatchColumn {
  std::string name;
  Storage storage;
  bool nullable;
};

// The columns of a batch of an entity: the described ones in order, each reference followed by its surrogate key
// ("requester_id" -> "requester_key", "assigned_to" -> "assigned_to_key").
std::vector<BatchColumn> batch_columns(const TableInfo& table);
std::string key_column_name(std::string_view reference_column);

class ColumnData {
 public:
  ColumnData(Storage storage, bool nullable) : storage_(storage), nullable_(nullable) {
    if (storage == Storage::text) offsets_.push_back(0);
  }
  Storage storage() const { return storage_; }
  std::size_t size() const { return size_; }

  // REQUIRES of every append: the value's kind is the column's storage.
  void append_null();
  void append_text(std::string_view text);
  void append_int64(std::int64_t value);  // int64, timestamp (us), key
  void append_bool(bool value);
  void append_date(Date value);
  void append_decimal(Decimal value);
  void append_from(const ColumnData& other, std::size_t row);
  void truncate(std::size_t rows);
  void clear();

  bool is_null(std::size_t row) const { return (validity_[row >> 3] >> (row & 7) & 1) == 0; }
  std::string_view text(std::size_t row) const {
    return {chars_.data() + offsets_[row], static_cast<std::size_t>(offsets_[row + 1] - offsets_[row])};
  }
  std::int64_t int64(std::size_t row) const { return words_[row]; }  // decimals: units
  bool boolean(std::size_t row) const { return (bits_[row >> 3] >> (row & 7) & 1) != 0; }
  Date date(std::size_t row) const { return Date{days_[row]}; }

  // For export. Decimals are kept as units in words() and widened by the exporter.
  const std::uint8_t* validity() const { return validity_.data(); }
  std::size_t null_count() const { return null_count_; }
  const std::vector<std::int32_t>& offsets() const { return offsets_; }
  const std::vector<char>& chars() const { return chars_; }
  const std::vector<std::int64_t>& words() const { return words_; }
  const std::vector<std::uint8_t>& bits() const { return bits_; }
  const std::vector<std::int32_t>& days() const { return days_; }

 private:
  void push_validity(bool valid);
  Storage storage_;
  bool nullable_;
  std::size_t size_ = 0, null_count_ = 0;
  std::vector<std::uint8_t> validity_, bits_;
  std::vector<std::int64_t> words_;
  std::vector<std::int32_t> offsets_, days_;
  std::vector<char> chars_;
};

class Batch {
 public:
  explicit Batch(std::vector<BatchColumn> columns);
  const std::vector<BatchColumn>& columns() const { return columns_; }
  ColumnData& column(std::size_t index) { return data_[index]; }
  const ColumnData& column(std::size_t index) const { return data_[index]; }
  std::size_t find(std::string_view name) const;  // npos if absent
  std::size_t rows() const { return data_.empty() ? 0 : data_[0].size(); }
  std::size_t bytes() const;                             // memory in use, about
  void append_row(const Batch& other, std::size_t row);  // REQUIRES the same columns
  void truncate(std::size_t rows);
  void clear();
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  std::vector<BatchColumn> columns_;
  std::vector<ColumnData> data_;
};

// Appends one typed row; surrogate keys of references are computed here from (source, id).
template <class Row, class... Values>
void append_row(Batch& batch, const Table<Row, Values...>& table, const Row& row, std::string_view source);

namespace detail {
inline void append_value(ColumnData& c, std::string_view v) {
  c.append_text(v);
}
inline void append_value(ColumnData& c, bool v) {
  c.append_bool(v);
}
inline void append_value(ColumnData& c, std::int64_t v) {
  c.append_int64(v);
}
inline void append_value(ColumnData& c, Decimal v) {
  c.append_decimal(v);
}
inline void append_value(ColumnData& c, Timestamp v) {
  c.append_int64(v.us);
}
inline void append_value(ColumnData& c, Date v) {
  c.append_date(v);
}
inline void append_value(ColumnData& c, Json v) {
  c.append_text(v.text);
}
template <class T>
void append_value(ColumnData& c, const std::optional<T>& v) {
  if (v)
    append_value(c, *v);
  else
    c.append_null();
}
inline std::optional<std::string_view> as_text(std::string_view v) {
  return v;
}
inline std::optional<std::string_view> as_text(const std::optional<std::string_view>& v) {
  return v;
}
template <class T>
std::optional<std::string_view> as_text(const T&) {
  return std::nullopt;
}
}  // namespace detail

template <class Row, class... Values>
void append_row(Batch& batch, const Table<Row, Values...>& table, const Row& row, std::string_view source) {
  std::size_t at = 0;
  for_each_column(table, [&](const auto& column, std::size_t) {
    detail::append_value(batch.column(at++), row.*column.member);
    if (column.traits.references.empty()) return;
    const auto id = detail::as_text(row.*column.member);
    if (id && !id->empty())
      batch.column(at++).append_int64(natural_key(source, *id));
    else
      batch.column(at++).append_null();
  });
}

}  // namespace deskhouse::schema
