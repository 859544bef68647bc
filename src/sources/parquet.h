// Parquet files, through an interface that the warehouse room implements (the one room that may use DuckDB).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sources/file_reader.h"
#include "sources/source.h"

namespace deskhouse::sources {

// The rows of one open Parquet file, in file order. One thread at a time.
class ParquetRows {
 public:
  virtual ~ParquetRows() = default;
  // Appends up to `max_rows` rows to `batch`, which is empty: for each a RawRecord with `position` (1 for the
  // file's first row) and `first_field`, and one field per wanted column in that order. SQL NULL is a null
  // view; any other value is its text, as DuckDB casts it to VARCHAR (timestamps with time zone in UTC with
  // offset, nested values as JSON). Texts live in batch.buffers (TextArena in sources/text_arena.h does
  // that). `raw`, `line` and `bytes` are left alone: the adapter fills them. False, and nothing appended, at
  // the end.
  virtual Result<bool> next(RawBatch& batch, std::size_t max_rows) = 0;
};

// Opens Parquet files. Thread-safe; outlives every source and reader made with it.
class ParquetReader {
 public:
  virtual ~ParquetReader() = default;
  struct Info {
    std::vector<std::string> columns;  // top-level columns, in file order
    std::int64_t rows = 0;             // from the footer
  };
  // Reads the footer only. The error says which file and why; it is shown as it is.
  virtual Result<Info> info(const std::filesystem::path& file) = 0;
  // `columns` are columns of the file (checked by the caller), possibly with repetitions, possibly none.
  virtual Result<std::unique_ptr<ParquetRows>> open(const std::filesystem::path& file,
                                                    const std::vector<std::string>& columns) = 0;
};

// The file as records. The bytes as extracted of a row are a JSON object of its wanted columns, since a row
// of a columnar file has no text of its own; its line is its position.
Result<std::unique_ptr<FileReader>> open_parquet(ParquetReader& parquet, const InputFile& file,
                                                 const ReadRequest& request);

}  // namespace deskhouse::sources
