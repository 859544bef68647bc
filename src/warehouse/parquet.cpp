#include "warehouse/parquet.h"

#include <fmt/format.h>

#include "sources/text_arena.h"

namespace deskhouse::warehouse {

namespace {

Error file_error(const std::filesystem::path& file, const Error& error) {
  return {Error::Kind::source, fmt::format("Cannot read the Parquet file {}: {}", file.string(), error.message)};
}

// Reads the file in windows of rows by its row number: memory stays flat whatever the file's size.
class DuckdbRows : public sources::ParquetRows {
 public:
  DuckdbRows(Connection connection, std::filesystem::path file, const std::vector<std::string>& columns)
      : connection_(std::move(connection)), file_(std::move(file)), width_(columns.size()) {
    for (const auto& column : columns) select_ += fmt::format(", {}::varchar", sql_name(column));
  }

  Result<bool> next(sources::RawBatch& batch, std::size_t max_rows) override {
    const auto end = next_row_ + static_cast<std::int64_t>(max_rows);
    auto rows =
        connection_.query(fmt::format("select file_row_number{} from read_parquet({}, file_row_number = true) where "
                                      "file_row_number >= {} and file_row_number < {} order by 1",
                                      select_, sql_text(file_.string()), next_row_, end));
    if (!rows) return std::unexpected(file_error(file_, rows.error()));
    sources::TextArena arena(batch);
    for (std::size_t row = 0; row < rows->row_count(); ++row) {
      batch.records.push_back({.position = rows->integer(row, 0) + 1,
                               .line = 0,
                               .raw = {},
                               .first_field = static_cast<std::uint32_t>(batch.fields.size()),
                               .defect = -1});
      for (std::size_t c = 1; c <= width_; ++c)
        batch.fields.push_back(rows->is_null(row, c) ? sources::RawField{} : arena.keep(rows->text(row, c)));
    }
    next_row_ = end;
    return rows->row_count() > 0;
  }

 private:
  Connection connection_;
  std::filesystem::path file_;
  std::size_t width_;
  std::string select_;
  std::int64_t next_row_ = 0;
};

class DuckdbParquetReader : public sources::ParquetReader {
 public:
  explicit DuckdbParquetReader(Database& database) : database_(database) {}

  Result<Info> info(const std::filesystem::path& file) override {
    DH_ASSIGN(auto connection, database_.connect());
    auto columns = connection.query(fmt::format("describe from read_parquet({})", sql_text(file.string())));
    if (!columns) return std::unexpected(file_error(file, columns.error()));
    auto rows = connection.scalar(
        fmt::format("select sum(num_rows)::bigint from parquet_file_metadata({})", sql_text(file.string())));
    if (!rows) return std::unexpected(file_error(file, rows.error()));
    Info info;
    for (std::size_t i = 0; i < columns->row_count(); ++i) info.columns.push_back(columns->display(i, 0));
    info.rows = rows->value_or(0);
    return info;
  }

  Result<std::unique_ptr<sources::ParquetRows>> open(const std::filesystem::path& file,
                                                     const std::vector<std::string>& columns) override {
    DH_ASSIGN(auto connection, database_.connect());
    DH_TRY(connection.execute("set timezone = 'UTC'"));
    return std::make_unique<DuckdbRows>(std::move(connection), file, columns);
  }

 private:
  Database& database_;
};

}  // namespace

std::string parquet_files(const std::vector<std::string>& files) {
  std::string list;
  for (const auto& file : files) list += fmt::format("{}{}", list.empty() ? "" : ", ", sql_text(file));
  return fmt::format("read_parquet([{}], hive_partitioning = false)", list);
}

std::unique_ptr<sources::ParquetReader> make_parquet_reader(Database& database) {
  return std::make_unique<DuckdbParquetReader>(database);
}

}  // namespace deskhouse::warehouse
