// Statements of readers: in transactions that can only read, with limits.
#include <duckdb.h>
#include <fmt/format.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "warehouse/engine_error.h"
#include "warehouse/rows_impl.h"

namespace deskhouse::warehouse {
namespace {

using namespace std::chrono_literals;

// Interrupts a connection when its time is over, when it is told to stop, or when `is_too_much` says so.
class Deadline {
 public:
  enum class End { in_time, over, stopped, too_much };

  Deadline(duckdb_connection connection, const SelectLimits& limits, std::function<bool()> is_too_much = {})
      : thread_([this, connection, limits, check = std::move(is_too_much)] { watch(connection, limits, check); }) {}
  ~Deadline() { end(); }
  End end() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    return end_;
  }

 private:
  void watch(duckdb_connection connection, const SelectLimits& limits, const std::function<bool()>& is_too_much) {
    constexpr auto kLook = 20ms;
    const auto until = std::chrono::steady_clock::now() + limits.time;
    std::unique_lock lock(mutex_);
    while (!done_) {
      const auto next = is_too_much ? std::min(until, std::chrono::steady_clock::now() + kLook) : until;
      changed_.wait_until(lock, limits.stop, next, [&] { return done_; });
      if (done_) return;
      if (limits.stop.stop_requested()) {
        end_ = End::stopped;
      } else if (std::chrono::steady_clock::now() >= until) {
        end_ = End::over;
      } else if (is_too_much && is_too_much()) {
        end_ = End::too_much;
      } else {
        continue;
      }
      break;
    }
    // An interrupt before a statement begins is forgotten, so once is not enough.
    while (!done_) {
      duckdb_interrupt(connection);
      changed_.wait_for(lock, kLook, [&] { return done_; });
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool done_ = false;
  End end_ = End::in_time;
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

Status prepare(duckdb_connection connection, const std::string& sql, std::span<const Parameter> parameters,
               Prepared& prepared) {
  if (duckdb_prepare(connection, sql.c_str(), &prepared.statement) != DuckDBSuccess)
    return refused(duckdb_prepare_error(prepared.statement));
  if (duckdb_nparams(prepared.statement) != parameters.size())
    return fail(Error::Kind::usage, fmt::format("the statement has {} parameters, and {} values came with it",
                                                duckdb_nparams(prepared.statement), parameters.size()));
  for (idx_t i = 0; i < parameters.size(); ++i)
    if (bind(prepared.statement, i + 1, parameters[i]) != DuckDBSuccess)
      return fail(Error::Kind::usage, fmt::format("parameter {} cannot be bound: it is no valid UTF-8", i + 1));
  return {};
}

Status outcome(Deadline::End end, const SelectLimits& limits, Status status) {
  if (end == Deadline::End::over)
    return fail(Error::Kind::usage, fmt::format("the query took longer than {} s and was stopped",
                                                std::chrono::duration<double>(limits.time).count()));
  if (end == Deadline::End::stopped) return fail(Error::Kind::usage, "the query was cancelled");
  if (end == Deadline::End::too_much)
    return fail(Error::Kind::usage,
                fmt::format("the result is larger than {} bytes: ask for less of it at a time", limits.bytes));
  return status;
}

// Bytes of a row, roughly: those of its texts, and what numbers take.
std::size_t row_bytes(const std::vector<duckdb_type>& types, duckdb_data_chunk chunk, idx_t row) {
  std::size_t bytes = types.size() * sizeof(std::int64_t);
  for (idx_t c = 0; c < types.size(); ++c) {
    if (types[c] != DUCKDB_TYPE_VARCHAR && types[c] != DUCKDB_TYPE_BLOB) continue;
    auto* vector = duckdb_data_chunk_get_vector(chunk, c);
    auto* validity = duckdb_vector_get_validity(vector);
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) continue;
    bytes += duckdb_string_t_length(static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row]);
  }
  return bytes;
}

std::string_view options_of(FileFormat format) {
  switch (format) {
    case FileFormat::csv:
      return "format csv, header true";
    case FileFormat::json:
      return "format json, array true";
    case FileFormat::parquet:
      return "format parquet, compression zstd";
  }
  return {};
}

}  // namespace

// A spreadsheet takes a text that starts with one of these for a formula, which may run a program.
std::string without_formulas(std::string_view sql) {
  return fmt::format(
      "select case when typeof(columns(*)) in ('VARCHAR', 'BLOB', 'JSON') and regexp_matches(columns(*)::varchar, "
      "'^[-=+@\\t\\r]') then '''' || columns(*)::varchar else columns(*)::varchar end as \"\\0\" from ({}\n)",
      without_end(sql));
}

Result<Selected> Connection::select(std::string_view sql, std::span<const Parameter> parameters,
                                    const SelectLimits& limits) {
  auto* connection = static_cast<duckdb_connection>(handle());
  sql = without_end(sql);
  DH_TRY(begin_reading());
  Deadline deadline(connection, limits);
  Selected selected;
  const auto execute_text = [&](const std::string& text, Prepared& prepared) -> Status {
    DH_TRY(prepare(connection, text, parameters, prepared));
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
    std::size_t bytes = 0;
    while (auto chunk = duckdb_fetch_chunk(impl.result)) {
      impl.chunks.push_back(chunk);
      impl.starts.push_back(impl.rows);
      for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk) && !selected.truncated; ++row) {
        bytes += row_bytes(impl.types, chunk, row);
        selected.truncated = impl.rows == limits.rows || (bytes > limits.bytes && impl.rows > 0);
        if (!selected.truncated) ++impl.rows;
      }
      if (selected.truncated) break;
    }
    if (const char* message = duckdb_result_error(&impl.result); message != nullptr && *message != 0)
      return refused(message);
    return {};
  };
  auto status = read();
  const auto end = deadline.end();
  end_reading(status && !selected.truncated && end == Deadline::End::in_time);
  DH_TRY(outcome(end, limits, std::move(status)));
  return selected;
}

Result<std::int64_t> Connection::copy(std::string_view sql, std::span<const Parameter> parameters,
                                      const CopyTarget& target, const SelectLimits& limits) {
  auto* connection = static_cast<duckdb_connection>(handle());
  const bool is_limited = limits.rows != SIZE_MAX;
  const auto text = fmt::format("copy (select * from ({}\n){}) to {} ({}{})", without_end(sql),
                                is_limited ? fmt::format(" limit {}", limits.rows + 1) : "", sql_text(target.path),
                                options_of(target.format), target.is_in_place ? ", use_tmp_file false" : "");
  if (!target.is_in_transaction) DH_TRY(begin_reading());
  Deadline deadline(connection, limits, [&] {
    std::error_code error;
    const auto size = std::filesystem::file_size(target.path, error);
    return !error && size > limits.bytes;
  });
  std::int64_t rows = 0;
  const auto write = [&]() -> Status {
    Prepared prepared;
    DH_TRY(prepare(connection, text, parameters, prepared));
    Rows written;
    auto& impl = *written.impl_;
    impl.owned = true;
    if (duckdb_execute_prepared(prepared.statement, &impl.result) != DuckDBSuccess) {
      const char* message = duckdb_result_error(&impl.result);
      auto error = engine_error(message != nullptr ? message : "the query failed", path(), "");
      if (error.kind == Error::Kind::warehouse) error.kind = Error::Kind::usage;
      return std::unexpected(std::move(error));
    }
    if (auto chunk = duckdb_fetch_chunk(impl.result)) {
      rows = *static_cast<std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
      duckdb_destroy_data_chunk(&chunk);
    }
    return {};
  };
  auto status = write();
  const auto end = deadline.end();
  if (!target.is_in_transaction) end_reading(status && end == Deadline::End::in_time);
  DH_TRY(outcome(end, limits, std::move(status)));
  if (is_limited && rows > static_cast<std::int64_t>(limits.rows))
    return fail(Error::Kind::usage,
                fmt::format("the result has more than {} rows: ask for less of it at a time", limits.rows));
  return rows;
}

}  // namespace deskhouse::warehouse
