// Temporary folders, written files and read records for the tests of sources.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/registry.h"

namespace deskhouse::sources {

// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "deskhouse_sources_XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Values = std::vector<std::optional<std::string>>;

// A record that owns its texts.
struct Read {
  std::string file;
  std::int64_t position = 0;
  std::int64_t line = 0;
  std::string raw;
  Values values;
  std::string defect_field;
  std::string defect;  // reason; empty: none
  bool operator==(const Read&) const = default;
};

inline void PrintTo(const Read& read, std::ostream* out) {
  *out << read.file << '#' << read.position << " line " << read.line << " raw <" << read.raw.substr(0, 200) << "> [";
  for (const auto& value : read.values) *out << (value ? "<" + value->substr(0, 60) + ">" : "NULL") << ' ';
  *out << "] defect <" << read.defect_field << ": " << read.defect << '>';
}

inline void append_records(const RawBatch& batch, std::size_t columns, std::vector<Read>& out) {
  std::size_t bytes = 0;
  for (const RawRecord& record : batch.records) {
    Read& read = out.emplace_back();
    read.file = batch.file;
    read.position = record.position;
    read.line = record.line;
    read.raw = std::string(record.raw);
    bytes += record.raw.size();
    for (std::size_t i = 0; i < columns; ++i) {
      const RawField field = batch.fields.at(record.first_field + i);
      read.values.push_back(field.data() ? std::optional<std::string>(field) : std::nullopt);
    }
    if (record.defect >= 0) {
      read.defect_field = batch.defects.at(static_cast<std::size_t>(record.defect)).field;
      read.defect = batch.defects.at(static_cast<std::size_t>(record.defect)).reason;
      EXPECT_FALSE(read.defect.empty()) << "a defect says why";
    }
  }
  EXPECT_EQ(batch.bytes, bytes) << "bytes of a batch are those of its records";
}

inline Result<std::vector<Read>> read_all(Reader& reader, std::size_t batch_size) {
  std::vector<Read> all;
  RawBatch batch;
  for (;;) {
    DH_ASSIGN(const bool more, reader.next(batch, batch_size));
    if (!more) break;
    EXPECT_FALSE(batch.records.empty()) << "a batch has records";
    append_records(batch, reader.columns().size(), all);
  }
  EXPECT_TRUE(batch.records.empty()) << "nothing comes with the end";
  return all;
}

inline config::EntityMapping entity_of(const TempFolder& folder, const std::string& path) {
  config::EntityMapping entity;
  entity.source = "desk";
  entity.entity = "tickets";
  entity.project = folder.path();
  entity.path = path;
  entity.line = 7;
  return entity;
}

inline std::unique_ptr<Source> files_source(std::size_t block_bytes = kDefaultBlockBytes,
                                            ParquetReader* parquet = nullptr) {
  config::SourceConfig config;
  config.name = "desk";
  return make_source(config, {parquet, block_bytes}).value();
}

inline Result<std::vector<Read>> read_entity(const config::EntityMapping& entity,
                                             const std::vector<std::string>& columns,
                                             std::size_t block_bytes = kDefaultBlockBytes,
                                             std::size_t batch_size = 1000) {
  DH_ASSIGN(const std::unique_ptr<Reader> reader, files_source(block_bytes)->open(entity, columns, {}));
  return read_all(*reader, batch_size);
}

// Reads with blocks and batches of many sizes, and demands that they make no difference.
inline Result<std::vector<Read>> read_any_way(const config::EntityMapping& entity,
                                              const std::vector<std::string>& columns) {
  Result<std::vector<Read>> expected = read_entity(entity, columns);
  for (const std::size_t block : {1, 2, 3, 5, 16, 63, 64, 65, 100, 4096}) {
    const std::size_t batch = block % 7 + 1;
    const Result<std::vector<Read>> got = read_entity(entity, columns, block, batch);
    EXPECT_EQ(got.has_value(), expected.has_value()) << "block " << block;
    if (got && expected) {
      EXPECT_EQ(*got, *expected) << "block " << block;
    } else if (!got && !expected) {
      EXPECT_EQ(got.error().message, expected.error().message) << "block " << block;
    }
  }
  return expected;
}

}  // namespace deskhouse::sources
