#include <duckdb.h>
#include <fmt/format.h>

#include "warehouse/engine_error.h"
#include "warehouse/rows_impl.h"

namespace deskhouse::warehouse {

Rows::Rows() : impl_(std::make_unique<Impl>()) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

std::size_t Rows::column_count() const {
  return impl_->types.size();
}
std::size_t Rows::row_count() const {
  return impl_->rows;
}
std::string Rows::column_name(std::size_t column) const {
  return duckdb_column_name(&impl_->result, column);
}

namespace {

__extension__ typedef __int128 Int128;

std::string hugeint_text(duckdb_hugeint value) {
  auto number = (static_cast<Int128>(value.upper) << 64) | static_cast<Int128>(value.lower);
  if (number == 0) return "0";
  const bool negative = number < 0;
  std::string out;
  for (; number != 0; number /= 10)
    out += static_cast<char>('0' + static_cast<int>(negative ? -(number % 10) : number % 10));
  if (negative) out += '-';
  return {out.rbegin(), out.rend()};
}

std::string decimal_text(std::string digits, std::uint8_t scale) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  if (digits.size() <= scale) digits.insert(0, scale + 1u - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  return negative ? "-" + digits : digits;
}

std::string_view type_name(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_DATE:
      return "DATE";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_DECIMAL:
      return "DECIMAL";
    case DUCKDB_TYPE_BLOB:
      return "BLOB";
    default:
      return "VARCHAR";
  }
}

}  // namespace

std::string Rows::column_type(std::size_t column) const {
  return std::string(type_name(impl_->types[column]));
}

bool Rows::is_number(std::size_t column) const {
  switch (impl_->types[column]) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_DECIMAL:
      return true;
    default:
      return false;
  }
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
  const auto [vector, index] = impl_->at(row, column);
  auto* validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, index);
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
  const auto [vector, index] = impl_->at(row, column);
  const void* data = duckdb_vector_get_data(vector);
  switch (impl_->internal[column]) {
    case DUCKDB_TYPE_BOOLEAN:
      return static_cast<const bool*>(data)[index];
    case DUCKDB_TYPE_TINYINT:
      return static_cast<const std::int8_t*>(data)[index];
    case DUCKDB_TYPE_UTINYINT:
      return static_cast<const std::uint8_t*>(data)[index];
    case DUCKDB_TYPE_SMALLINT:
      return static_cast<const std::int16_t*>(data)[index];
    case DUCKDB_TYPE_USMALLINT:
      return static_cast<const std::uint16_t*>(data)[index];
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_INTEGER:
      return static_cast<const std::int32_t*>(data)[index];
    case DUCKDB_TYPE_UINTEGER:
      return static_cast<const std::uint32_t*>(data)[index];
    case DUCKDB_TYPE_HUGEINT:
      return static_cast<std::int64_t>(static_cast<const duckdb_hugeint*>(data)[index].lower);
    case DUCKDB_TYPE_DOUBLE:
      return static_cast<std::int64_t>(static_cast<const double*>(data)[index]);
    default:
      return static_cast<const std::int64_t*>(data)[index];
  }
}

double Rows::real(std::size_t row, std::size_t column) const {
  const auto [vector, index] = impl_->at(row, column);
  if (impl_->internal[column] == DUCKDB_TYPE_DOUBLE)
    return static_cast<const double*>(duckdb_vector_get_data(vector))[index];
  if (impl_->internal[column] == DUCKDB_TYPE_FLOAT)
    return static_cast<double>(static_cast<const float*>(duckdb_vector_get_data(vector))[index]);
  return static_cast<double>(integer(row, column));
}

std::string_view Rows::text(std::size_t row, std::size_t column) const {
  const auto [vector, index] = impl_->at(row, column);
  auto* value = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)) + index;
  return {duckdb_string_t_data(value), duckdb_string_t_length(*value)};
}

std::string Rows::display(std::size_t row, std::size_t column) const {
  if (is_null(row, column)) return "";
  const auto [vector, index] = impl_->at(row, column);
  switch (impl_->types[column]) {
    case DUCKDB_TYPE_BOOLEAN:
      return integer(row, column) != 0 ? "true" : "false";
    case DUCKDB_TYPE_DATE:
      return to_string(Date{static_cast<std::int32_t>(integer(row, column))});
    case DUCKDB_TYPE_TIMESTAMP:
      return to_string(Timestamp{integer(row, column)});
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return fmt::format("{}", real(row, column));
    case DUCKDB_TYPE_HUGEINT:
      return hugeint_text(static_cast<duckdb_hugeint*>(duckdb_vector_get_data(vector))[index]);
    case DUCKDB_TYPE_UBIGINT:
      return std::to_string(static_cast<std::uint64_t>(integer(row, column)));
    case DUCKDB_TYPE_DECIMAL:
      if (impl_->internal[column] == DUCKDB_TYPE_HUGEINT)
        return decimal_text(hugeint_text(static_cast<duckdb_hugeint*>(duckdb_vector_get_data(vector))[index]),
                            impl_->scales[column]);
      return decimal_text(std::to_string(integer(row, column)), impl_->scales[column]);
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_VARCHAR:
      return std::string(text(row, column));
    default:
      return is_number(column) ? std::to_string(integer(row, column)) : std::string(text(row, column));
  }
}

namespace {

bool is_readable(duckdb_type type) {
  return type == DUCKDB_TYPE_VARCHAR || type_name(type) != "VARCHAR";
}

}  // namespace

std::string_view without_end(std::string_view sql) {
  const auto last = sql.find_last_not_of("; \n\r\t");
  return sql.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

Result<Rows> Connection::query(std::string_view sql) {
  Rows rows;
  auto& impl = *rows.impl_;
  const std::string text(sql);
  auto* connection = static_cast<duckdb_connection>(handle());
  impl.owned = true;
  if (duckdb_query(connection, text.c_str(), &impl.result) != DuckDBSuccess) {
    const char* message = duckdb_result_error(&impl.result);
    auto error = engine_error(message ? message : "the query failed", path(), "");
    read_on();
    return std::unexpected(std::move(error));
  }
  impl.describe();
  if (const auto readable = impl.as_readable(without_end(text)); !readable.empty()) return query(readable);
  while (auto chunk = duckdb_fetch_chunk(impl.result)) {
    impl.chunks.push_back(chunk);
    impl.starts.push_back(impl.rows);
    impl.rows += duckdb_data_chunk_get_size(chunk);
  }
  return rows;
}

std::string Rows::Impl::as_readable(std::string_view sql) {
  std::string columns, places;
  bool readable = true;
  for (idx_t c = 0; c < types.size(); ++c) {
    const bool as_it_is = is_readable(types[c]);
    places += fmt::format("{}c{}", c > 0 ? ", " : "", c);
    columns += fmt::format("{}{}c{}{} as {}", c > 0 ? ", " : "", as_it_is ? "" : "cast(", c,
                           as_it_is ? "" : " as varchar)", sql_name(duckdb_column_name(&result, c)));
    readable = readable && as_it_is;
  }
  return readable ? std::string() : fmt::format("select {} from ({}\n) as t({})", columns, sql, places);
}

}  // namespace deskhouse::warehouse
