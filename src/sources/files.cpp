#include "sources/files.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "sources/csv.h"
#include "sources/file_list.h"
#include "sources/jsonl.h"

namespace deskhouse::sources {
namespace {

constexpr std::size_t kHeaderBlockBytes = 64 << 10;  // enough to check a header, quick to read

Result<std::unique_ptr<FileReader>> open_file(const SourceServices& services, const InputFile& file,
                                              const ReadRequest& request) {
  switch (file.format) {
    case config::Format::csv:
      return open_csv(file, request);
    case config::Format::jsonl:
      return open_jsonl(file, request);
    case config::Format::parquet:
      if (services.parquet) return open_parquet(*services.parquet, file, request);
      return fail(Error::Kind::source, fmt::format("{}: Parquet files cannot be read here", file.shown));
    case config::Format::automatic:
      break;
  }
  DH_ASSERT(false, "list_files gives every file a format");
  std::unreachable();
}

// Reports of several files as one.
void merge(ColumnReport& into, const ColumnReport& from) {
  into.records += from.records;
  into.seen.resize(from.seen.size());
  for (std::size_t i = 0; i < from.seen.size(); ++i) into.seen[i] = into.seen[i] || from.seen[i];
  for (const std::string& column : from.unmapped) {
    if (std::ranges::find(into.unmapped, column) == into.unmapped.end()) into.unmapped.push_back(column);
  }
}

// The files one after the other.
class FilesReader final : public Reader {
 public:
  FilesReader(config::EntityMapping entity, std::vector<std::string> columns, std::vector<InputFile> files,
              const SourceServices& services, Share share = {})
      : entity_(std::move(entity)),
        columns_(std::move(columns)),
        files_(std::move(files)),
        services_(services),
        share_(share),
        mine_(files_of(share)) {
    for (std::size_t i = 0; i < files_.size(); ++i)
      if (mine_[i]) bytes_total_ += files_[i].bytes;
  }

  // Opens every file for a moment, so that a missing column in the last one is found before anything is read.
  Status check() {
    for (const InputFile& file : files_) {
      headers_.emplace_back();
      if (file.format == config::Format::jsonl) continue;  // has no header
      DH_ASSIGN(const auto reader, open_file(services_, file, request(kHeaderBlockBytes, nullptr)));
      headers_.back() = reader->header();
    }
    return {};
  }

  std::string header(std::int32_t file_index) const override {
    DH_ASSERT(file_index >= 0 && static_cast<std::size_t>(file_index) < headers_.size(), "a file of this reader");
    return headers_[static_cast<std::size_t>(file_index)];
  }

  const std::vector<std::string>& columns() const override { return columns_; }

  std::vector<std::string> unmapped_columns() const override {
    ColumnReport all = finished_;
    if (current_) merge(all, current_->report());
    return all.unmapped;
  }

  Result<bool> next(RawBatch& batch, std::size_t max_records) override {
    batch.clear();
    if (error_) return std::unexpected(*error_);
    Result<bool> more = next_of_share(batch, max_records);
    if (!more) {
      error_ = more.error();
      current_.reset();
      batch.clear();
    }
    return more;
  }

  std::optional<std::vector<SourceColumn>> columns_seen() const override {
    const bool any_json = std::ranges::any_of(files_, [](const auto& f) { return f.format == config::Format::jsonl; });
    if (!any_json || finished_.records == 0) return std::nullopt;
    std::vector<SourceColumn> seen;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (finished_.seen[i]) seen.push_back({.name = columns_[i]});
    for (const auto& column : finished_.unmapped) seen.push_back({.name = column});
    return seen;
  }

  Progress progress() const override { return {bytes_done_.load(std::memory_order_relaxed), bytes_total_}; }

 private:
  ReadRequest request(std::size_t block_bytes, ProgressCounter* progress) const {
    return {&entity_, &columns_, std::min(block_bytes, services_.block_bytes), progress};
  }

  bool has_whole_files() const { return files_.size() >= 2 * static_cast<std::size_t>(share_.parts); }

  // Which files are the share's: of many each is one share's, the largest dealt out first, to who has least; of few
  // all.
  std::vector<bool> files_of(Share share) const {
    if (!has_whole_files()) return std::vector<bool>(files_.size(), true);
    std::vector<std::size_t> order(files_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return files_[i].bytes; });
    std::vector<std::int64_t> dealt(static_cast<std::size_t>(share.parts));
    std::vector<bool> mine(files_.size());
    for (const auto i : order) {
      const auto least = std::ranges::min_element(dealt);
      mine[i] = least - dealt.begin() == share.part;
      *least += files_[i].bytes + 1;
    }
    return mine;
  }

  // Batches of other shares are read and left out.
  Result<bool> next_of_share(RawBatch& batch, std::size_t max_records) {
    while (true) {
      DH_ASSIGN(const bool more, next_of_files(batch, max_records));
      if (!more || has_whole_files() || batches_++ % share_.parts == share_.part) return more;
      batch.clear();
    }
  }

  Result<bool> next_of_files(RawBatch& batch, std::size_t max_records) {
    for (; index_ < files_.size(); ++index_) {
      if (!mine_[index_]) continue;
      if (!current_) {
        DH_ASSIGN(current_, open_file(services_, files_[index_], request(services_.block_bytes, &bytes_done_)));
      }
      DH_ASSIGN(const bool more, current_->next(batch, max_records));
      if (more) {
        batch.file = files_[index_].shown;
        batch.file_index = static_cast<std::int32_t>(index_);
        return true;
      }
      merge(finished_, current_->report());
      current_.reset();
    }
    if (share_.parts == 1) DH_TRY(check_seen());
    return false;
  }

  // JSON has no header: only now is it known that a column is nowhere. An input without records lacks
  // nothing.
  Status check_seen() const {
    if (finished_.records == 0) return {};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (finished_.seen[i] || config::may_be_absent(entity_, columns_[i])) continue;
      const std::string where = fmt::format("no record of {} has", entity_.path);
      Error error = missing_column(entity_, columns_[i], where, finished_.unmapped);
      return std::unexpected(std::move(error));
    }
    return {};
  }

  const config::EntityMapping entity_;
  const std::vector<std::string> columns_;
  const std::vector<InputFile> files_;
  const SourceServices services_;
  const Share share_;
  const std::vector<bool> mine_;      // of files_
  std::int64_t batches_ = 0;          // of all shares, so far
  std::vector<std::string> headers_;  // of each file; fixed after check()
  std::int64_t bytes_total_ = 0;
  ProgressCounter bytes_done_{0};
  std::size_t index_ = 0;
  std::unique_ptr<FileReader> current_;  // of files_[index_]; null before it is opened
  ColumnReport finished_;                // of the files before it
  std::optional<Error> error_;
};

Status check_entity(const config::EntityMapping& entity) {
  const auto bad = [&](const char* what) {
    return fail(Error::Kind::config,
                fmt::format("deskhouse.toml line {}: {}.{}: {}", entity.line, entity.source, entity.entity, what));
  };
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  if (is_line_end(entity.delimiter) || entity.delimiter == '\0') return bad("the delimiter cannot be a line's end");
  if (is_line_end(entity.quote)) return bad("the quote cannot be a line's end");
  if (entity.delimiter == entity.quote) return bad("delimiter and quote must differ");
  if (entity.max_record_bytes <= 0) return bad("max_record_bytes must be positive");
  return {};
}

class FilesSource final : public Source {
 public:
  explicit FilesSource(const SourceServices& services) : services_(services) {}

  Result<std::unique_ptr<Reader>> open(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                       const Since&) override {
    return open_share(entity, columns, services_, {});
  }

  // Those of all files; files have no types that would mean the same from one to the next.
  Result<std::optional<std::vector<SourceColumn>>> columns(const config::EntityMapping& entity) override {
    DH_TRY(check_entity(entity));
    DH_ASSIGN(const auto files, list_files(entity));
    const std::vector<std::string> none;
    std::vector<std::string> names;
    std::map<std::string, std::size_t> holders;  // how many files have it
    for (const InputFile& file : files) {
      if (file.format == config::Format::jsonl) return std::nullopt;
      const ReadRequest request{&entity, &none, std::min(kHeaderBlockBytes, services_.block_bytes), nullptr};
      DH_ASSIGN(const auto reader, open_file(services_, file, request));
      for (const auto& name : reader->report().unmapped)
        if (++holders[name] == 1) names.push_back(name);
    }
    std::vector<SourceColumn> columns;
    for (const auto& name : names) columns.push_back({.name = name, .in_all = holders[name] == files.size()});
    return columns;
  }

 private:
  const SourceServices services_;
};

}  // namespace

Result<std::unique_ptr<Reader>> open_share(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                           const SourceServices& services, Share share) {
  DH_ASSERT(share.part >= 0 && share.part < share.parts, "a share is one of its parts");
  DH_TRY(check_entity(entity));
  DH_ASSIGN(std::vector<InputFile> files, list_files(entity));
  auto reader = std::make_unique<FilesReader>(entity, columns, std::move(files), services, share);
  DH_TRY(reader->check());
  return reader;
}

Result<std::unique_ptr<Source>> make_files_source(const config::SourceConfig&, const SourceServices& services) {
  return std::make_unique<FilesSource>(services);
}

}  // namespace deskhouse::sources
