#include "warehouse/row_writer.h"

#include <duckdb.h>
#include <fmt/format.h>

#include "warehouse/engine_error.h"

namespace deskhouse::warehouse {

struct RowWriter::Impl {
  duckdb_appender appender = nullptr;
  std::string table;
  std::string path;  // of the database
  Status failed(const char* what) const {
    const char* message = duckdb_appender_error(appender);
    const auto error = engine_error(message ? message : "unknown error", path, "");
    return fail(error.kind, fmt::format("Cannot {} {}: {}", what, table, error.message));
  }
};

namespace {

std::string waiting_table(std::string_view schema, std::string_view table) {
  return fmt::format("waiting_{}_{}", schema, table);
}

// Its whole name, and statements without a function: else it is looked for in the lake first, which asks the catalogue.
std::string place_of(std::string_view waiting) {
  return fmt::format("temp.main.{}", waiting);
}

}  // namespace

RowWriter::RowWriter() : impl_(std::make_unique<Impl>()) {}
RowWriter::RowWriter(RowWriter&&) noexcept = default;
RowWriter::~RowWriter() {
  if (!impl_ || !impl_->appender) return;
  duckdb_appender_destroy(&impl_->appender);
}

Result<RowWriter> RowWriter::open(Connection& connection, std::string_view schema, std::string_view table) {
  RowWriter writer;
  writer.impl_->table = fmt::format("{}.{}", schema, table);
  writer.impl_->path = connection.path();
  const std::string schema_name(schema), table_name(table);
  if (duckdb_appender_create(static_cast<duckdb_connection>(connection.handle()),
                             schema.empty() ? nullptr : schema_name.c_str(), table_name.c_str(),
                             &writer.impl_->appender) != DuckDBSuccess)
    return std::unexpected(writer.impl_->failed("write to").error());
  return writer;
}

Result<RowWriter> RowWriter::open_beside(Connection& connection, std::string_view schema, std::string_view table) {
  if (!connection.is_of_lake()) return open(connection, schema, table);
  const auto waiting = waiting_table(schema, table);
  // What an attempt left goes. By query(), which waits for no turn: the other connection may have it until these rows
  // come. The lake is looked at once only, since that takes time while the other one works.
  if (!connection.query(fmt::format("delete from {}", place_of(waiting))))
    if (const auto made =
            connection.query(fmt::format("create temp table {} as from {}.{} limit 0", waiting, schema, table));
        !made)
      return std::unexpected(made.error());
  return open(connection, "", waiting);
}

Status RowWriter::settle(Connection& connection, std::string_view schema, std::string_view table) {
  if (!connection.is_of_lake()) return {};
  const auto waiting = place_of(waiting_table(schema, table));
  DH_ASSIGN(const auto one, connection.query(fmt::format("select run_id from {} limit 1", waiting)));
  if (one.row_count() == 0) return {};
  DH_TRY(connection.execute(fmt::format("insert into {}.{} from {}", schema, table, waiting)));
  return connection.execute(fmt::format("delete from {}", waiting));
}

RowWriter& RowWriter::text(std::string_view value) {
  duckdb_append_varchar_length(impl_->appender, value.data(), value.size());
  return *this;
}
RowWriter& RowWriter::maybe_text(const std::optional<std::string>& value) {
  return value ? text(*value) : null();
}
RowWriter& RowWriter::blob(std::string_view bytes) {
  duckdb_append_blob(impl_->appender, bytes.data(), bytes.size());
  return *this;
}
RowWriter& RowWriter::integer(std::int64_t value) {
  duckdb_append_int64(impl_->appender, value);
  return *this;
}
RowWriter& RowWriter::maybe_integer(std::optional<std::int64_t> value) {
  return value ? integer(*value) : null();
}
RowWriter& RowWriter::boolean(bool value) {
  duckdb_append_bool(impl_->appender, value);
  return *this;
}
RowWriter& RowWriter::real(double value) {
  duckdb_append_double(impl_->appender, value);
  return *this;
}
RowWriter& RowWriter::timestamp(Timestamp value) {
  duckdb_append_timestamp(impl_->appender, {value.us});
  return *this;
}
RowWriter& RowWriter::maybe_timestamp(std::optional<Timestamp> value) {
  return value ? timestamp(*value) : null();
}
RowWriter& RowWriter::null() {
  duckdb_append_null(impl_->appender);
  return *this;
}
Status RowWriter::end_row() {
  if (duckdb_appender_end_row(impl_->appender) != DuckDBSuccess) return impl_->failed("append to");
  return {};
}
Status RowWriter::flush() {
  if (duckdb_appender_flush(impl_->appender) != DuckDBSuccess) return impl_->failed("write to");
  return {};
}

}  // namespace deskhouse::warehouse
