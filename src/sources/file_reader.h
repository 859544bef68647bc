// What the formats share: a file to read, what is wanted from it, and the reader of one file that files.cpp
// chains.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Of a record over EntityMapping::max_record_bytes so much is kept as its raw bytes.
inline constexpr std::size_t kCutRecordBytes = 64 << 10;
// A batch ends when its records have so many bytes, whatever number of records was asked for: bounds memory.
inline constexpr std::size_t kMaxBatchBytes = 32 << 20;
inline constexpr std::size_t kDefaultBlockBytes = 4 << 20;

struct InputFile {
  std::filesystem::path path;
  std::string shown;       // for messages and RawBatch::file: relative to the project folder where it is inside it
  std::int64_t bytes = 0;  // on disk
  config::Format format = config::Format::automatic;  // never automatic once listed
  bool gzip = false;
  char delimiter = ',';
};

// Compressed bytes read so far, of all files; written by the reader, read by any thread.
using ProgressCounter = std::atomic<std::int64_t>;

struct ReadRequest {
  const config::EntityMapping* entity = nullptr;      // outlives the reader
  const std::vector<std::string>* columns = nullptr;  // outlives the reader
  std::size_t block_bytes = kDefaultBlockBytes;
  ProgressCounter* progress = nullptr;  // may be null; outlives the reader
};

// What a file turned out to have.
struct ColumnReport {
  std::vector<std::string> unmapped;  // present, not wanted; in order of appearance
  std::vector<bool> seen;             // for each wanted column: was it there?
  std::int64_t records = 0;           // that could be split into fields
};

// Records of one file. One thread at a time. After an error it is not used again.
class FileReader {
 public:
  virtual ~FileReader() = default;
  // Appends up to `max_records` records to `batch`, which is empty, sets its bytes, and may stop earlier to
  // bound memory. False, and nothing appended, at the end.
  virtual Result<bool> next(RawBatch& batch, std::size_t max_records) = 0;
  // Complete at the end of the file.
  virtual ColumnReport report() const = 0;
  // See Reader::header.
  virtual std::string header() const { return {}; }
};

// The error for a wanted column that the data lacks. `lacks` is "t.csv does not have"; `present` are its
// columns.
Error missing_column(const config::EntityMapping& entity, const std::string& column, const std::string& lacks,
                     const std::vector<std::string>& present);

// For a file with a fixed list of columns: the place of each wanted column among `present`, -1 for one that
// is absent and may be; or missing_column's error.
Result<std::vector<int>> locate_columns(const ReadRequest& request, const std::string& where,
                                        const std::vector<std::string>& present);

// The report of such a file.
ColumnReport fixed_report(const std::vector<std::string>& present, const std::vector<int>& place, std::int64_t records);

}  // namespace deskhouse::sources
