#include "sources/csv.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "sources/byte_stream.h"
#include "sources/csv_tokenizer.h"
#include "sources/encoding.h"
#include "sources/text_arena.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxColumns = 16'384;  // a spreadsheet's limit; more is not a header

bool has_broken_quotes(const CsvRecord& record) {
  return record.open_quote_newlines >= 0 || record.text_after_quote >= 0;
}

class CsvReader final : public FileReader {
 public:
  CsvReader(const InputFile& file, const ReadRequest& request, std::unique_ptr<ByteStream> text)
      : entity_(*request.entity),
        file_(file),
        limit_(static_cast<std::size_t>(entity_.max_record_bytes)),
        window_(std::move(text), request.block_bytes),
        tokenizer_(file.delimiter, entity_.quote, kMaxColumns) {}

  Status read_header(const ReadRequest& request);
  Result<bool> next(RawBatch& batch, std::size_t max_records) override;
  ColumnReport report() const override { return fixed_report(header_, place_, sound_); }
  std::string header() const override { return header_line_; }

 private:
  Status refill();
  Result<CsvRecord> header_record();
  Status check_header(const CsvRecord& record);
  void append(RawBatch& batch, TextArena& arena, const CsvRecord& record);
  void append_torn(RawBatch& batch, TextArena& arena, CsvRecord& record);
  std::size_t whole_record_in(std::size_t end);
  Status append_oversized(RawBatch& batch, TextArena& arena);
  RawRecord& add_record(RawBatch& batch, std::string_view raw);
  void fill_fields(RawBatch& batch, TextArena& arena, const CsvRecord& record, RawRecord& added);
  void add_defect(RawBatch& batch, RawRecord& added, Defect defect) const {
    added.defect = static_cast<std::int32_t>(batch.defects.size());
    batch.defects.push_back(std::move(defect));
  }
  RawField value(const CsvField& field, TextArena& arena) const {
    if (field.begin == field.end && !field.quoted) return {};
    return field.doubled ? unescaped(field, arena) : text(field.begin, field.end);
  }
  RawField unescaped(const CsvField& field, TextArena& arena) const;
  Defect defect_of(const CsvRecord& record) const;
  Defect count_defect(const CsvRecord& record) const;
  Defect text_defect_of(const CsvRecord& record) const;
  std::string_view text(std::size_t begin, std::size_t end) const { return {window_.data() + begin, end - begin}; }
  std::string name_of(std::size_t field) const;

  const config::EntityMapping& entity_;
  InputFile file_;
  std::size_t limit_;
  TextWindow window_;
  CsvTokenizer tokenizer_;
  TextPosition here_;  // of the next record
  std::string header_line_;
  std::vector<std::string> header_;
  std::vector<int> place_;  // of each wanted column among the fields; -1: absent
  std::int64_t position_ = 0;
  std::int64_t sound_ = 0;  // records without a defect
};

// Reads on behind the unfinished record that begins here.
Status CsvReader::refill() {
  DH_TRY(window_.advance(here_.at));
  here_.at = 0;
  tokenizer_.set_text(window_.data(), window_.size(), window_.at_end());
  return {};
}

Result<CsvRecord> CsvReader::header_record() {
  for (;;) {
    if (here_.at >= window_.size() && window_.at_end()) {
      return fail(Error::Kind::source,
                  fmt::format("{} is empty: a CSV file begins with a line of column names", file_.shown));
    }
    CsvRecord record;
    const bool found = here_.at < window_.size() && tokenizer_.next(here_.at, record);
    if (found && record.end == here_.at) {
      here_ = {record.next, here_.line + record.newlines};
    } else if ((found ? record.end : window_.size()) - here_.at > limit_) {
      return fail(Error::Kind::source, fmt::format("{} line {}: the header is longer than {} bytes (max_record_bytes)",
                                                   file_.shown, here_.line, limit_));
    } else if (found) {
      return record;
    } else {
      DH_TRY(refill());
    }
  }
}

Status CsvReader::check_header(const CsvRecord& record) {
  const auto bad = [&](std::string what) {
    return fail(Error::Kind::source, fmt::format("{} line {}: {}", file_.shown, here_.line, what));
  };
  const std::string_view line = text(here_.at, record.end);
  if (record.open_quote_newlines >= 0 || record.text_after_quote >= 0) {
    return bad("a quote in the header is not closed, or is followed by text");
  }
  if (record.fields > kMaxColumns) return bad(fmt::format("the header has more than {} columns", kMaxColumns));
  if (!record.terminated && line.find('\r') != std::string_view::npos) {
    return bad("the lines end in CR alone; convert them to LF or CRLF");
  }
  if (record.special) {
    if (const std::string defect = text_defect(line, entity_.encoding); !defect.empty()) {
      return bad("the header " + defect);
    }
  }
  std::set<std::string> names;
  for (const std::string& name : header_) {
    if (!name.empty() && !names.insert(name).second) {
      return bad(fmt::format("the column '{}' occurs twice in the header; rename one of them", name));
    }
  }
  return {};
}

Status CsvReader::read_header(const ReadRequest& request) {
  DH_ASSIGN(here_, start_of_text(window_, file_.shown, entity_.encoding));
  tokenizer_.set_text(window_.data(), window_.size(), window_.at_end());
  DH_ASSIGN(const CsvRecord record, header_record());
  header_line_ = text(here_.at, record.end);
  RawBatch names;
  TextArena arena(names);
  for (std::size_t i = 0; i < std::min(record.fields, kMaxColumns); ++i) {
    header_.emplace_back(value(tokenizer_.field(i), arena));
  }
  DH_TRY(check_header(record));
  DH_ASSIGN(place_, locate_columns(request, file_.shown, header_));
  here_ = {record.next, here_.line + record.newlines};
  tokenizer_ = CsvTokenizer(file_.delimiter, entity_.quote, header_.size());
  tokenizer_.set_text(window_.data(), window_.size(), window_.at_end());
  return {};
}

Result<bool> CsvReader::next(RawBatch& batch, std::size_t max_records) {
  TextArena arena(batch);
  bool lent = false;
  CsvRecord record;
  while (batch.records.size() < std::max<std::size_t>(max_records, 1) && batch.bytes < kMaxBatchBytes) {
    if (here_.at >= window_.size() && window_.at_end()) break;
    const bool found = here_.at < window_.size() && tokenizer_.next(here_.at, record);
    // An unfinished record may still turn out to end in CRLF right here.
    const std::size_t length = found ? record.end - here_.at : window_.size() - here_.at;
    if (length > limit_ + (found ? 0 : 2)) {
      DH_TRY(append_oversized(batch, arena));
      lent = false;
    } else if (!found) {
      DH_TRY(refill());
      lent = false;
    } else {
      if (!lent) window_.lend(batch);
      lent = true;
      if (has_broken_quotes(record) && record.newlines > 0) [[unlikely]]
        append_torn(batch, arena, record);
      else if (length > 0)
        append(batch, arena, record);
      here_ = {record.next, here_.line + record.newlines};
    }
  }
  return !batch.records.empty();
}

RawRecord& CsvReader::add_record(RawBatch& batch, std::string_view raw) {
  RawRecord& added = batch.records.emplace_back();
  added.position = ++position_;
  added.line = here_.line;
  added.raw = raw;
  added.first_field = static_cast<std::uint32_t>(batch.fields.size());
  batch.fields.resize(batch.fields.size() + place_.size());
  batch.bytes += raw.size();
  return added;
}

void CsvReader::fill_fields(RawBatch& batch, TextArena& arena, const CsvRecord& record, RawRecord& added) {
  RawField* out = batch.fields.data() + added.first_field;
  const auto fields = static_cast<std::ptrdiff_t>(std::min(record.fields, header_.size()));
  for (const int place : place_) {
    if (place >= 0 && place < fields) *out = value(tokenizer_.field(static_cast<std::size_t>(place)), arena);
    ++out;
  }
}

void CsvReader::append(RawBatch& batch, TextArena& arena, const CsvRecord& record) {
  RawRecord& added = add_record(batch, text(here_.at, record.end));
  fill_fields(batch, arena, record, added);
  if (record.special || record.fields != header_.size() || record.text_after_quote >= 0 ||
      record.open_quote_newlines >= 0) [[unlikely]] {
    if (Defect defect = defect_of(record); !defect.reason.empty()) return add_defect(batch, added, std::move(defect));
  }
  ++sound_;
}

// The first line behind the one that begins here, and before `end`, at which a whole record begins: with as many fields
// as the header, or one that goes on beyond `end`. Looks at nothing that lies behind `end`, which decides alike
// whatever is in memory.
std::size_t CsvReader::whole_record_in(std::size_t end) {
  CsvRecord found;
  for (std::size_t at = here_.at;;) {
    const void* newline = std::memchr(window_.data() + at, '\n', end - at);
    if (!newline) return kNowhere;
    at = static_cast<std::size_t>(static_cast<const char*>(newline) - window_.data()) + 1;
    if (at >= end) return kNowhere;
    if (!tokenizer_.next(at, found) || found.end > end) return at;
    if (found.fields == header_.size() && !has_broken_quotes(found)) return at;
  }
}

// A record of several lines with broken quotes: perhaps a half-written one that took whole records into its open quote.
// It ends where the first of them begins.
void CsvReader::append_torn(RawBatch& batch, TextArena& arena, CsvRecord& record) {
  Defect defect = defect_of(record);
  const std::size_t whole = whole_record_in(record.end);
  tokenizer_.next(here_.at, record);  // its fields again
  record.fields = std::min(record.fields, header_.size());
  if (whole != kNowhere) {
    record.next = whole;
    record.end = whole - (window_.data()[whole - 2] == '\r' ? 2 : 1);
    record.newlines = std::count(window_.data() + here_.at, window_.data() + whole, '\n');
    while (record.fields > 0 && tokenizer_.field(record.fields - 1).end > record.end) --record.fields;
    defect.torn = true;
    defect.reason += fmt::format("; reading goes on at line {}", here_.line + record.newlines);
  }
  RawRecord& added = add_record(batch, text(here_.at, record.end));
  fill_fields(batch, arena, record, added);
  add_defect(batch, added, std::move(defect));
}

// The record that begins here is longer than the limit: keeps its first bytes, and goes on with the first whole record
// in them or else with the line behind them, so that a quote which is never closed does not cost the rest of the file.
Status CsvReader::append_oversized(RawBatch& batch, TextArena& arena) {
  std::string_view kept = cut_record(text(here_.at, window_.size()), limit_);
  const std::size_t whole = whole_record_in(here_.at + kept.size());
  if (whole != kNowhere) kept = kept.substr(0, whole - 1 - here_.at);
  if (kept.ends_with('\r')) kept.remove_suffix(1);
  RawRecord& added = add_record(batch, arena.keep(kept));
  add_defect(batch, added, {"", oversized_reason(limit_, kept.size())});
  DH_ASSIGN(here_, skip_line(window_, here_.at, here_.at + kept.size(), here_.line));
  tokenizer_.set_text(window_.data(), window_.size(), window_.at_end());
  return {};
}

RawField CsvReader::unescaped(const CsvField& field, TextArena& arena) const {
  const std::string_view verbatim = text(field.begin, field.end);
  char* const begin = arena.allocate(verbatim.size());
  char* out = begin;
  for (std::size_t from = 0; from < verbatim.size();) {
    // Up to and with the next quote; its double is left out.
    const std::size_t quote = verbatim.find(entity_.quote, from);
    const std::string_view part = verbatim.substr(from, quote - from + (quote < verbatim.size() ? 1 : 0));
    std::memcpy(out, part.data(), part.size());
    out += part.size();
    from += part.size() + 1;
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.shrink(verbatim.size() - size);
  return {begin, size};
}

std::string CsvReader::name_of(std::size_t field) const {
  if (field >= header_.size() || header_[field].empty()) return fmt::format("field {}", field + 1);
  return header_[field];
}

// The gravest of what is wrong with the record; no reason if nothing is.
Defect CsvReader::defect_of(const CsvRecord& record) const {
  if (record.open_quote_newlines >= 0) {
    return {name_of(record.fields - 1),
            fmt::format("half-written record: quote opened at line {} is never closed",
                        here_.line + record.open_quote_newlines),
            true};
  }
  if (record.text_after_quote >= 0) {
    return {name_of(static_cast<std::size_t>(record.text_after_quote)),
            "text behind the closing quote (a quote inside a quoted field is written twice)"};
  }
  if (record.fields != header_.size()) return count_defect(record);
  return text_defect_of(record);
}

Defect CsvReader::count_defect(const CsvRecord& record) const {
  const std::string counts = fmt::format("expected {} fields, found {}", header_.size(), record.fields);
  if (!record.terminated && record.fields < header_.size()) {
    return {"", "half-written record? The file ends in it: " + counts};
  }
  return {"", counts};
}

Defect CsvReader::text_defect_of(const CsvRecord& record) const {
  // Most records with other than ASCII are fine: ask once for all of it.
  std::string reason = text_defect(text(here_.at, record.end), entity_.encoding);
  if (reason.empty()) return {};
  for (std::size_t i = 0; i < std::min(record.fields, header_.size()); ++i) {
    const CsvField& field = tokenizer_.field(i);
    std::string of_field = text_defect(text(field.begin, field.end), entity_.encoding);
    if (!of_field.empty()) return {name_of(i), std::move(of_field)};
  }
  return {"", std::move(reason)};
}

}  // namespace

Result<std::unique_ptr<FileReader>> open_csv(const InputFile& file, const ReadRequest& request) {
  DH_ASSIGN(std::unique_ptr<ByteStream> text, open_text(file, request));
  auto reader = std::make_unique<CsvReader>(file, request, std::move(text));
  DH_TRY(reader->read_header(request));
  return reader;
}

}  // namespace deskhouse::sources
