#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "warehouse/database.h"
#include "warehouse/engine_error.h"

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
  std::string as_readable(std::string_view sql);
  std::pair<duckdb_vector, std::size_t> at(std::size_t row, std::size_t column) const {
    const auto it = std::upper_bound(starts.begin(), starts.end(), row) - 1;
    const auto chunk = static_cast<std::size_t>(it - starts.begin());
    return {duckdb_data_chunk_get_vector(chunks[chunk], column), row - *it};
  }
};

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

// A statement without the semicolon behind it, so that it can stand in parentheses.
std::string_view without_end(std::string_view sql) {
  const auto last = sql.find_last_not_of("; \n\r\t");
  return sql.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

Result<Rows> Connection::query(std::string_view sql) {
  Rows rows;
  auto& impl = *rows.impl_;
  const std::string text(sql);
  auto* connection = static_cast<duckdb_connection>(handle());
  impl.owned = true;
  if (duckdb_query(connection, text.c_str(), &impl.result) != DuckDBSuccess) {
    const char* message = duckdb_result_error(&impl.result);
    return std::unexpected(engine_error(message ? message : "the query failed", path(), ""));
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

namespace {

// Interrupts a connection when its time is over.
class Deadline {
 public:
  Deadline(duckdb_connection connection, std::chrono::milliseconds time)
      : thread_([this, connection, time] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, time, [&] { return done_; })) return;
          over_ = true;
          duckdb_interrupt(connection);
        }) {}
  ~Deadline() { end(); }
  // Whether it was over before this.
  bool end() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
    return over_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false, over_ = false;
  std::thread thread_;
};

duckdb_state bind(duckdb_prepared_statement statement, idx_t index, const Parameter& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return duckdb_bind_varchar_length(statement, index, text->data(), text->size());
  if (const auto* number = std::get_if<std::int64_t>(&value)) return duckdb_bind_int64(statement, index, *number);
  if (const auto* real = std::get_if<double>(&value)) return duckdb_bind_double(statement, index, *real);
  if (const auto* flag = std::get_if<bool>(&value)) return duckdb_bind_boolean(statement, index, *flag);
  return duckdb_bind_null(statement, index);
}

struct Prepared {
  duckdb_prepared_statement statement = nullptr;
  duckdb_pending_result pending = nullptr;
  ~Prepared() {
    duckdb_destroy_pending(&pending);
    duckdb_destroy_prepare(&statement);
  }
};

std::unexpected<Error> refused(const char* message) {
  return fail(Error::Kind::usage, message != nullptr ? message : "the query failed");
}

}  // namespace

// Lists, structs, intervals, ... are asked for as text. Empty: nothing is to be changed.
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

Result<Selected> Connection::select(std::string_view sql, std::span<const Parameter> parameters,
                                    const SelectLimits& limits) {
  auto* connection = static_cast<duckdb_connection>(handle());
  sql = without_end(sql);
  DH_TRY(execute("begin transaction read only"));
  Deadline deadline(connection, limits.time);
  Selected selected;
  const auto execute_text = [&](const std::string& text, Prepared& prepared) -> Status {
    if (duckdb_prepare(connection, text.c_str(), &prepared.statement) != DuckDBSuccess)
      return refused(duckdb_prepare_error(prepared.statement));
    if (duckdb_nparams(prepared.statement) != parameters.size())
      return fail(Error::Kind::usage, fmt::format("the statement has {} parameters, and {} values came with it",
                                                  duckdb_nparams(prepared.statement), parameters.size()));
    for (idx_t i = 0; i < parameters.size(); ++i)
      if (bind(prepared.statement, i + 1, parameters[i]) != DuckDBSuccess)
        return fail(Error::Kind::usage, fmt::format("parameter {} cannot be bound", i + 1));
    if (duckdb_pending_prepared_streaming(prepared.statement, &prepared.pending) != DuckDBSuccess)
      return refused(duckdb_pending_error(prepared.pending));
    selected.rows = Rows();
    auto& impl = *selected.rows.impl_;
    impl.owned = true;
    if (duckdb_execute_pending(prepared.pending, &impl.result) != DuckDBSuccess)
      return refused(duckdb_result_error(&impl.result));
    impl.describe();
    return {};
  };
  const auto read = [&]() -> Status {
    Prepared first, second;
    DH_TRY(execute_text(std::string(sql), first));
    if (const auto text = selected.rows.impl_->as_readable(sql); !text.empty()) DH_TRY(execute_text(text, second));
    auto& impl = *selected.rows.impl_;
    while (auto chunk = duckdb_fetch_chunk(impl.result)) {
      impl.chunks.push_back(chunk);
      impl.starts.push_back(impl.rows);
      impl.rows += duckdb_data_chunk_get_size(chunk);
      selected.truncated = impl.rows > limits.rows;
      if (!selected.truncated) continue;
      impl.rows = limits.rows;
      break;
    }
    if (const char* message = duckdb_result_error(&impl.result); message != nullptr && *message != 0)
      return refused(message);
    return {};
  };
  auto status = read();
  const bool over = deadline.end();
  (void)execute("rollback");  // nothing was written; after an interrupt there may be no transaction any more
  if (over)
    return fail(Error::Kind::usage, fmt::format("the query took longer than {} s and was stopped",
                                                std::chrono::duration<double>(limits.time).count()));
  if (!status) return std::unexpected(status.error());
  return selected;
}

}  // namespace deskhouse::warehouse
