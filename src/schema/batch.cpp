#include "schema/batch.h"

#include <utility>

#include "base/result.h"

namespace deskhouse::schema {

std::size_t TableInfo::find(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == column) return i;
  return npos;
}

std::string key_column_name(std::string_view reference_column) {
  if (reference_column.ends_with("_id")) reference_column.remove_suffix(3);
  return std::string(reference_column) + "_key";
}

namespace {

Storage storage_of(Type type) {
  switch (type) {
    case Type::text:
    case Type::json:
      return Storage::text;
    case Type::boolean:
      return Storage::boolean;
    case Type::integer:
      return Storage::int64;
    case Type::decimal:
      return Storage::decimal;
    case Type::timestamp:
      return Storage::timestamp;
    case Type::date:
      return Storage::date;
  }
  std::unreachable();
}

}  // namespace

std::vector<BatchColumn> batch_columns(const TableInfo& table) {
  std::vector<BatchColumn> columns;
  for (const auto& c : table.columns) {
    columns.push_back({std::string(c.name), storage_of(c.type), c.nullable});
    if (!c.traits.references.empty()) columns.push_back({key_column_name(c.name), Storage::key, true});
  }
  return columns;
}

void ColumnData::push_validity(bool valid) {
  if ((size_ & 7) == 0) validity_.push_back(0);
  if (valid)
    validity_[size_ >> 3] = static_cast<std::uint8_t>(validity_[size_ >> 3] | 1u << (size_ & 7));
  else
    ++null_count_;
  ++size_;
}

void ColumnData::append_null() {
  DH_ASSERT(nullable_, "NULL in a column that the schema says is never NULL");
  switch (storage_) {
    case Storage::text:
      offsets_.push_back(static_cast<std::int32_t>(chars_.size()));
      break;
    case Storage::boolean:
      if ((size_ & 7) == 0) bits_.push_back(0);
      break;
    case Storage::date:
      days_.push_back(0);
      break;
    default:
      words_.push_back(0);
  }
  push_validity(false);
}

void ColumnData::append_text(std::string_view text) {
  chars_.insert(chars_.end(), text.begin(), text.end());
  DH_ASSERT(chars_.size() < (std::size_t{1} << 31), "a batch's text column holds less than 2 GiB");
  offsets_.push_back(static_cast<std::int32_t>(chars_.size()));
  push_validity(true);
}

void ColumnData::append_int64(std::int64_t value) {
  words_.push_back(value);
  push_validity(true);
}

void ColumnData::append_bool(bool value) {
  if ((size_ & 7) == 0) bits_.push_back(0);
  if (value) bits_[size_ >> 3] = static_cast<std::uint8_t>(bits_[size_ >> 3] | 1u << (size_ & 7));
  push_validity(true);
}

void ColumnData::append_date(Date value) {
  days_.push_back(value.days);
  push_validity(true);
}

void ColumnData::append_decimal(Decimal value) {
  append_int64(value.units);
}

void ColumnData::append_from(const ColumnData& other, std::size_t row) {
  if (other.is_null(row)) return append_null();
  switch (storage_) {
    case Storage::text:
      return append_text(other.text(row));
    case Storage::boolean:
      return append_bool(other.boolean(row));
    case Storage::date:
      return append_date(other.date(row));
    default:
      return append_int64(other.int64(row));
  }
}

void ColumnData::truncate(std::size_t rows) {
  if (rows >= size_) return;
  for (std::size_t row = rows; row < size_; ++row)
    if (is_null(row)) --null_count_;
  size_ = rows;
  const auto bit_bytes = (rows + 7) / 8;
  const auto mask = static_cast<std::uint8_t>((rows & 7) == 0 ? 0xFF : (1u << (rows & 7)) - 1);
  validity_.resize(bit_bytes);
  if (bit_bytes > 0) validity_.back() &= mask;
  switch (storage_) {
    case Storage::text:
      offsets_.resize(rows + 1);
      chars_.resize(static_cast<std::size_t>(offsets_.back()));
      break;
    case Storage::boolean:
      bits_.resize(bit_bytes);
      if (bit_bytes > 0) bits_.back() &= mask;
      break;
    case Storage::date:
      days_.resize(rows);
      break;
    default:
      words_.resize(rows);
  }
}

void ColumnData::clear() {
  truncate(0);
}

Batch::Batch(std::vector<BatchColumn> columns) : columns_(std::move(columns)) {
  data_.reserve(columns_.size());
  for (const auto& c : columns_) data_.emplace_back(c.storage, c.nullable);
}

std::size_t Batch::find(std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].name == name) return i;
  return npos;
}

std::size_t Batch::bytes() const {
  std::size_t total = 0;
  for (const auto& c : data_)
    total += c.chars().size() + c.offsets().size() * 4 + c.words().size() * 8 + c.days().size() * 4 + c.size() / 4;
  return total;
}

void Batch::append_row(const Batch& other, std::size_t row) {
  DH_ASSERT(other.data_.size() == data_.size(), "rows move only between batches of one entity");
  for (std::size_t i = 0; i < data_.size(); ++i) data_[i].append_from(other.data_[i], row);
}

void Batch::truncate(std::size_t rows) {
  for (auto& c : data_) c.truncate(rows);
}

void Batch::clear() {
  for (auto& c : data_) c.clear();
}

}  // namespace deskhouse::schema
