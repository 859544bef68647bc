#include "sources/parquet.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sources/text_arena.h"

namespace deskhouse::sources {
namespace {

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

class ParquetFile final : public FileReader {
 public:
  ParquetFile(const InputFile& file, const ReadRequest& request, ParquetReader::Info info, std::vector<int> place)
      : file_(file),
        names_(*request.columns),
        progress_(request.progress),
        info_(std::move(info)),
        place_(std::move(place)) {}

  Status open(ParquetReader& parquet) {
    std::vector<std::string> present;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (place_[i] >= 0) present.push_back(names_[i]);
    }
    read_columns_ = present.size();
    DH_ASSIGN(rows_, parquet.open(file_.path, present));
    return {};
  }

  Result<bool> next(RawBatch& batch, std::size_t max_records) override {
    DH_ASSIGN(const bool more, rows_->next(batch, max_records));
    if (more) {
      DH_ASSERT(batch.fields.size() == batch.records.size() * read_columns_, "every row has every column");
      if (read_columns_ < names_.size()) add_absent_columns(batch);
      add_raw(batch);
      done_ += static_cast<std::int64_t>(batch.records.size());
    }
    advance_progress(!more);
    return more;
  }

  ColumnReport report() const override { return fixed_report(info_.columns, place_, done_); }

 private:
  void add_absent_columns(RawBatch& batch) const {
    std::vector<RawField> all;
    all.reserve(batch.records.size() * names_.size());
    for (RawRecord& record : batch.records) {
      std::size_t from = record.first_field;
      record.first_field = static_cast<std::uint32_t>(all.size());
      for (const int place : place_) all.push_back(place >= 0 ? batch.fields[from++] : RawField());
    }
    batch.fields = std::move(all);
  }

  void add_raw(RawBatch& batch) const {
    TextArena arena(batch);
    std::string json;
    for (RawRecord& record : batch.records) {
      json.clear();
      json.push_back('{');
      for (std::size_t i = 0; i < names_.size(); ++i) {
        const RawField field = batch.fields[record.first_field + i];
        if (i > 0) json += ',';
        append_json_text(json, names_[i]);
        json += ':';
        if (field.data())
          append_json_text(json, field);
        else
          json += "null";
      }
      json += '}';
      record.raw = arena.keep(json);
      record.line = record.position;
      batch.bytes += json.size();
    }
  }

  // Rows stand for bytes: nobody tells how far into the file a row is.
  void advance_progress(bool at_end) {
    if (!progress_) return;
    const double share = info_.rows > 0 ? static_cast<double>(done_) / static_cast<double>(info_.rows) : 0;
    const auto bytes = static_cast<std::int64_t>(share * static_cast<double>(file_.bytes));
    const std::int64_t reached = at_end ? file_.bytes : std::min(bytes, file_.bytes);
    progress_->fetch_add(reached - counted_, std::memory_order_relaxed);
    counted_ = reached;
  }

  InputFile file_;
  std::vector<std::string> names_;
  ProgressCounter* progress_;
  ParquetReader::Info info_;
  std::vector<int> place_;
  std::unique_ptr<ParquetRows> rows_;
  std::size_t read_columns_ = 0;
  std::int64_t done_ = 0;
  std::int64_t counted_ = 0;  // bytes that progress_ has been told
};

}  // namespace

Result<std::unique_ptr<FileReader>> open_parquet(ParquetReader& parquet, const InputFile& file,
                                                 const ReadRequest& request) {
  DH_ASSIGN(ParquetReader::Info info, parquet.info(file.path));
  DH_ASSIGN(std::vector<int> place, locate_columns(request, file.shown, info.columns));
  auto reader = std::make_unique<ParquetFile>(file, request, std::move(info), std::move(place));
  DH_TRY(reader->open(parquet));
  return reader;
}

}  // namespace deskhouse::sources
