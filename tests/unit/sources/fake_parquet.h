// Parquet files that exist in memory only, for the tests of what stands around the real reader.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sources/parquet.h"
#include "sources/text_arena.h"
#include "unit/sources/support.h"

namespace deskhouse::sources {

class FakeParquet final : public ParquetReader {
 public:
  struct Table {
    std::vector<std::string> columns;
    std::vector<Values> rows;
  };
  std::map<std::filesystem::path, Table> tables;

  Result<Info> info(const std::filesystem::path& file) override {
    const auto found = tables.find(file);
    if (found == tables.end()) return fail(Error::Kind::io, file.string() + " is no Parquet file");
    return Info{found->second.columns, static_cast<std::int64_t>(found->second.rows.size())};
  }

  Result<std::unique_ptr<ParquetRows>> open(const std::filesystem::path& file,
                                            const std::vector<std::string>& columns) override {
    const Table& table = tables.at(file);
    std::vector<std::size_t> place;
    for (const std::string& column : columns) {
      place.push_back(static_cast<std::size_t>(std::ranges::find(table.columns, column) - table.columns.begin()));
      EXPECT_LT(place.back(), table.columns.size()) << "only columns of the file are asked for";
    }
    return std::make_unique<Rows>(table, place);
  }

 private:
  class Rows final : public ParquetRows {
   public:
    Rows(const Table& table, std::vector<std::size_t> place) : table_(table), place_(std::move(place)) {}
    Result<bool> next(RawBatch& batch, std::size_t max_rows) override {
      TextArena arena(batch);
      for (; batch.records.size() < max_rows && at_ < table_.rows.size(); ++at_) {
        RawRecord& record = batch.records.emplace_back();
        record.position = static_cast<std::int64_t>(at_) + 1;
        record.first_field = static_cast<std::uint32_t>(batch.fields.size());
        for (const std::size_t i : place_) {
          const auto& value = table_.rows[at_][i];
          batch.fields.push_back(value ? arena.keep(*value) : RawField());
        }
      }
      return !batch.records.empty();
    }

   private:
    const Table& table_;
    std::vector<std::size_t> place_;
    std::size_t at_ = 0;
  };
};

}  // namespace deskhouse::sources
