// deskhouse_batch(): a table function that serves columnar batches to DuckDB's threads, without copying text. A thread
// takes a whole batch at a time, so that each compresses row groups of neighbouring rows.
#include <cstring>

#include "warehouse/functions.h"
#include "warehouse/vectors.h"

namespace deskhouse::warehouse {

namespace {

constexpr idx_t kManyThreads = 64;  // as many as DuckDB has

// What one thread works on.
struct Cursor {
  explicit Cursor(BatchFeed* f) : feed(f) {}
  Cursor(const Cursor&) = delete;
  ~Cursor() { release(); }
  void release() {
    if (source) feed->done(source);
    source = nullptr;
  }
  // False: no more rows.
  bool advance() {
    while (!source || at >= source->to) {
      release();
      source = feed->next();
      if (!source) return false;
      at = source->from;
    }
    return true;
  }
  BatchFeed* feed;
  const BatchSource* source = nullptr;
  std::size_t at = 0;
};

LogicalType sql_type_of(schema::Storage storage) {
  switch (storage) {
    case schema::Storage::text:
      return LogicalType(DUCKDB_TYPE_VARCHAR);
    case schema::Storage::boolean:
      return LogicalType(DUCKDB_TYPE_BOOLEAN);
    case schema::Storage::decimal:
      return LogicalType::decimal();
    case schema::Storage::timestamp:
      return LogicalType(DUCKDB_TYPE_TIMESTAMP);
    case schema::Storage::date:
      return LogicalType(DUCKDB_TYPE_DATE);
    case schema::Storage::int64:
    case schema::Storage::key:
      return LogicalType(DUCKDB_TYPE_BIGINT);
  }
  std::unreachable();
}

void bind(duckdb_bind_info info) {
  auto* feed = static_cast<FunctionContext*>(duckdb_bind_get_extra_info(info))->feed();
  DH_ASSERT(feed != nullptr, "a feed is set before its scan is bound");
  const LogicalType bigint(DUCKDB_TYPE_BIGINT);
  duckdb_bind_add_result_column(info, "key", bigint.get());
  for (const auto& c : feed->columns())
    duckdb_bind_add_result_column(info, c.name.c_str(), sql_type_of(c.storage).get());
  duckdb_bind_add_result_column(info, "position", bigint.get());
  duckdb_bind_add_result_column(info, "row_hash", bigint.get());
}

void init(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, kManyThreads);
}

void init_local(duckdb_init_info info) {
  auto* feed = static_cast<FunctionContext*>(duckdb_init_get_extra_info(info))->feed();
  duckdb_init_set_init_data(info, new Cursor(feed), [](void* p) { delete static_cast<Cursor*>(p); });
}

void copy_validity(const schema::ColumnData& data, std::size_t from, std::size_t rows, duckdb_vector vector) {
  if (data.null_count() == 0) return;
  duckdb_vector_ensure_validity_writable(vector);
  auto* mask = duckdb_vector_get_validity(vector);
  if (from % 8 == 0) {  // whole bytes: the layouts agree
    std::memcpy(mask, data.validity() + from / 8, (rows + 7) / 8);
    return;
  }
  for (std::size_t i = 0; i < rows; ++i) duckdb_validity_set_row_validity(mask, i, !data.is_null(from + i));
}

void copy_text(const schema::ColumnData& data, std::size_t from, std::size_t rows, duckdb_vector vector) {
  auto* out = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto text = data.text(from + i);
    auto& value = out[i].value;
    value.inlined.length = static_cast<std::uint32_t>(text.size());
    if (text.size() <= sizeof value.inlined.inlined) {
      std::memset(value.inlined.inlined, 0, sizeof value.inlined.inlined);
      if (!text.empty()) std::memcpy(value.inlined.inlined, text.data(), text.size());  // data() may be null
    } else {  // points into the batch, which outlives the statement
      std::memcpy(value.pointer.prefix, text.data(), sizeof value.pointer.prefix);
      value.pointer.ptr = const_cast<char*>(text.data());
    }
  }
}

void copy_column(const schema::ColumnData& data, std::size_t from, std::size_t rows, duckdb_vector vector) {
  copy_validity(data, from, rows, vector);
  void* out = duckdb_vector_get_data(vector);
  switch (data.storage()) {
    case schema::Storage::text:
      copy_text(data, from, rows, vector);
      break;
    case schema::Storage::boolean:
      for (std::size_t i = 0; i < rows; ++i) static_cast<bool*>(out)[i] = data.boolean(from + i);
      break;
    case schema::Storage::date:
      std::memcpy(out, data.days().data() + from, rows * sizeof(std::int32_t));
      break;
    default:
      std::memcpy(out, data.words().data() + from, rows * sizeof(std::int64_t));
  }
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
  auto& cursor = *static_cast<Cursor*>(duckdb_function_get_local_init_data(info));
  if (!cursor.advance()) return duckdb_data_chunk_set_size(output, 0);
  const auto& source = *cursor.source;
  const auto rows = std::min<std::size_t>(duckdb_vector_size(), source.to - cursor.at);
  const auto copy_words = [&](std::span<const std::int64_t> words, idx_t index) {
    std::memcpy(duckdb_vector_get_data(duckdb_data_chunk_get_vector(output, index)), words.data() + cursor.at,
                rows * 8);
  };
  const auto columns = source.rows->columns().size();
  copy_words(source.key, 0);
  for (std::size_t c = 0; c < columns; ++c)
    copy_column(source.rows->column(c), cursor.at, rows, duckdb_data_chunk_get_vector(output, c + 1));
  copy_words(source.position, columns + 1);
  copy_words(source.row_hash, columns + 2);
  duckdb_data_chunk_set_size(output, rows);
  cursor.at += rows;
}

}  // namespace

Status register_batch_scan(void* connection, FunctionContext& context) {
  auto function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "deskhouse_batch");
  duckdb_table_function_set_extra_info(function, &context, nullptr);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_local_init(function, init_local);
  duckdb_table_function_set_function(function, scan);
  const auto state = duckdb_register_table_function(static_cast<duckdb_connection>(connection), function);
  duckdb_destroy_table_function(&function);
  if (state != DuckDBSuccess) return fail(Error::Kind::warehouse, "DuckDB refuses the function deskhouse_batch");
  return {};
}

}  // namespace deskhouse::warehouse
