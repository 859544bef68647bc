#include "sources/jsonl.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "sources/byte_stream.h"
#include "sources/encoding.h"
#include "sources/json_record.h"
#include "sources/text_arena.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

class JsonlReader final : public FileReader {
 public:
  JsonlReader(const InputFile& file, const ReadRequest& request, std::unique_ptr<ByteStream> text)
      : entity_(*request.entity),
        file_(file),
        limit_(static_cast<std::size_t>(entity_.max_record_bytes)),
        columns_(request.columns->size()),
        window_(std::move(text), request.block_bytes),
        json_(*request.columns) {}

  Status start() {
    DH_ASSIGN(here_, start_of_text(window_, file_.shown, entity_.encoding));
    return {};
  }
  Result<bool> next(RawBatch& batch, std::size_t max_records) override;
  ColumnReport report() const override { return {json_.unmapped(), json_.seen(), sound_}; }

 private:
  void append(RawBatch& batch, TextArena& arena, std::string_view line, bool terminated);
  Status append_oversized(RawBatch& batch, TextArena& arena);
  RawRecord& add_record(RawBatch& batch, std::string_view raw);

  const config::EntityMapping& entity_;
  InputFile file_;
  std::size_t limit_;
  std::size_t columns_;
  TextWindow window_;
  JsonRecords json_;
  TextPosition here_;
  std::int64_t position_ = 0;
  std::int64_t sound_ = 0;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Result<bool> JsonlReader::next(RawBatch& batch, std::size_t max_records) {
  TextArena arena(batch);
  bool lent = false;
  while (batch.records.size() < std::max<std::size_t>(max_records, 1) && batch.bytes < kMaxBatchBytes) {
    if (here_.at >= window_.size() && window_.at_end()) break;
    std::string_view line(window_.data() + here_.at, window_.size() - here_.at);
    const std::size_t newline = line.find('\n');
    const bool terminated = newline != std::string_view::npos;
    const bool found = terminated || window_.at_end();
    line = line.substr(0, newline);
    const std::size_t next = here_.at + line.size() + (terminated ? 1 : 0);
    if (found && line.ends_with('\r')) line.remove_suffix(1);
    // An unfinished line may still turn out to end in CRLF right here.
    if (line.size() > limit_ + (found ? 0 : 1)) {
      DH_TRY(append_oversized(batch, arena));
      lent = false;
    } else if (!found) {
      DH_TRY(window_.advance(here_.at));
      here_.at = 0;
      lent = false;
    } else {
      if (!lent) window_.lend(batch);
      lent = true;
      if (!is_blank(line)) append(batch, arena, line, terminated);
      here_ = {next, here_.line + 1};
    }
  }
  return !batch.records.empty();
}

RawRecord& JsonlReader::add_record(RawBatch& batch, std::string_view raw) {
  RawRecord& added = batch.records.emplace_back();
  added.position = ++position_;
  added.line = here_.line;
  added.raw = raw;
  added.first_field = static_cast<std::uint32_t>(batch.fields.size());
  batch.fields.resize(batch.fields.size() + columns_);
  batch.bytes += raw.size();
  return added;
}

void JsonlReader::append(RawBatch& batch, TextArena& arena, std::string_view line, bool terminated) {
  RawRecord& added = add_record(batch, line);
  Defect defect = json_.read(line, TextWindow::kPadding, batch.fields.data() + added.first_field, arena);
  if (defect.reason.empty()) {
    ++sound_;
    return;
  }
  if (const std::string text = text_defect(line, entity_.encoding); !text.empty()) {
    defect.reason = text;
  } else if (!terminated) {
    defect.reason = "half-written record? The file ends in it: " + defect.reason;
  }
  added.defect = static_cast<std::int32_t>(batch.defects.size());
  batch.defects.push_back(std::move(defect));
}

Status JsonlReader::append_oversized(RawBatch& batch, TextArena& arena) {
  const std::string_view all(window_.data() + here_.at, window_.size() - here_.at);
  const std::string_view kept = cut_record(all, limit_);
  RawRecord& added = add_record(batch, arena.keep(kept));
  added.defect = static_cast<std::int32_t>(batch.defects.size());
  batch.defects.push_back({"", oversized_reason(limit_, kept.size())});
  DH_ASSIGN(here_, skip_line(window_, here_.at, here_.at + kept.size(), here_.line));
  return {};
}

}  // namespace

Result<std::unique_ptr<FileReader>> open_jsonl(const InputFile& file, const ReadRequest& request) {
  DH_ASSIGN(std::unique_ptr<ByteStream> text, open_text(file, request));
  auto reader = std::make_unique<JsonlReader>(file, request, std::move(text));
  DH_TRY(reader->start());
  return reader;
}

}  // namespace deskhouse::sources
