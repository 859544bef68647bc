#include "sources/csv_tokenizer.h"

#include <algorithm>
#include <bit>

namespace deskhouse::sources {

CsvTokenizer::CsvTokenizer(char delimiter, char quote, std::size_t max_fields)
    : delimiter_(delimiter), quote_(quote), max_fields_(max_fields), fields_(max_fields) {}

void CsvTokenizer::set_text(const char* text, std::size_t size, bool whole) {
  text_ = text;
  size_ = size;
  whole_ = whole;
  window_begin_ = window_blocks_ = 0;
}

// Records are read from front to back, so a window of masks that stays in the nearest cache is enough.
inline const ScanMasks& CsvTokenizer::masks(std::size_t block) {
  if (block - window_begin_ >= window_blocks_) [[unlikely]] {
    const std::size_t all = (size_ + kScanBytes - 1) / kScanBytes;
    window_begin_ = block;
    window_blocks_ = std::min(kWindowBlocks, all - block);
    scan(text_ + block * kScanBytes, window_blocks_, delimiter_, quote_, window_.data());
  }
  return window_[block - window_begin_];
}

// The first delimiter or newline at or after `from`; size_ without one.
inline std::size_t CsvTokenizer::find_break(std::size_t from) {
  std::uint64_t before = ~std::uint64_t{0} << (from % kScanBytes);
  for (std::size_t block = from / kScanBytes; block * kScanBytes < size_; ++block) {
    const ScanMasks& found = masks(block);
    specials_ |= found.specials;
    if (const std::uint64_t bits = found.breaks & before; bits != 0) {
      return std::min(size_, block * kScanBytes + static_cast<std::size_t>(std::countr_zero(bits)));
    }
    before = ~std::uint64_t{0};
  }
  return size_;
}

// Adds unquoted fields, the first of which begins at `begin`, up to the record's end or a field that is
// quoted; returns where the last one ends. Most text is read here: a field costs a bit of a mask that stays
// in a register.
std::size_t CsvTokenizer::plain_fields(std::size_t begin, CsvRecord& record) {
  std::uint64_t specials = 0;
  std::uint64_t before = ~std::uint64_t{0} << (begin % kScanBytes);
  std::size_t count = record.fields, at = size_;
  for (std::size_t block = begin / kScanBytes; at == size_ && block * kScanBytes < size_; ++block) {
    const ScanMasks& found = masks(block);
    specials |= found.specials;
    for (std::uint64_t bits = found.breaks & before; bits != 0; bits &= bits - 1) {
      const std::size_t end = block * kScanBytes + static_cast<std::size_t>(std::countr_zero(bits));
      if (end >= size_) break;
      if (count < max_fields_) fields_[count] = CsvField{begin, end, false, false};
      ++count;
      begin = end + 1;
      if (text_[end] == '\n' || text_[begin] == quote_) {
        at = end;
        break;
      }
    }
    before = ~std::uint64_t{0};
  }
  if (at == size_) {
    if (count < max_fields_) fields_[count] = CsvField{begin, size_, false, false};
    ++count;
  }
  record.fields = count;
  specials_ |= specials;
  return at;
}

// Newlines are rare inside quotes, and counting bits is a library call on processors of the oldest kind.
inline std::int64_t count_bits(std::uint64_t bits) {
  return bits == 0 ? 0 : std::popcount(bits);
}

// The first quote at or after `from`; size_ without one. Counts the newlines before it.
std::size_t CsvTokenizer::find_quote(std::size_t from, std::int64_t& newlines) {
  std::uint64_t before = ~std::uint64_t{0} << (from % kScanBytes);
  for (std::size_t block = from / kScanBytes; block * kScanBytes < size_; ++block) {
    const ScanMasks& found = masks(block);
    specials_ |= found.specials;
    if (const std::uint64_t bits = found.quotes & before; bits != 0) {
      const std::uint64_t until = (std::uint64_t{1} << std::countr_zero(bits)) - 1;
      newlines += count_bits(found.newlines & before & until);
      return std::min(size_, block * kScanBytes + static_cast<std::size_t>(std::countr_zero(bits)));
    }
    newlines += count_bits(found.newlines & before);
    before = ~std::uint64_t{0};
  }
  return size_;
}

// Whether the bytes at `at` (which is in the text) end the record: LF, CRLF, or a CR that is the last byte of
// all.
inline bool CsvTokenizer::ends_record(std::size_t at) const {
  if (text_[at] == '\n') return true;
  return text_[at] == '\r' && (at + 1 == size_ || text_[at + 1] == '\n');
}

// Reads a field whose opening quote is at `at`, and moves `at` to the delimiter or the record's end behind
// it. False if the text must go on.
bool CsvTokenizer::quoted_field(std::size_t& at, CsvRecord& record) {
  CsvField field{at + 1, size_, true, false};
  const std::int64_t newlines_before = record.newlines;
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = find_quote(from, record.newlines);
    if (quote == size_) {
      if (!whole_) return false;
      record.open_quote_newlines = newlines_before;
      add(record, field);
      at = size_;
      return true;
    }
    if (quote + 1 == size_ && !whole_) return false;
    if (quote + 1 == size_ || text_[quote + 1] != quote_) {
      field.end = quote;
      break;
    }
    field.doubled = true;
    from = quote + 2;
  }
  at = field.end + 1;
  if (!whole_ && at + 1 == size_ && text_[at] == '\r') return false;
  if (at < size_ && text_[at] != delimiter_ && !ends_record(at)) {
    if (record.text_after_quote < 0) record.text_after_quote = static_cast<std::ptrdiff_t>(record.fields);
    at = find_break(at);
    if (at == size_ && !whole_) return false;
  }
  add(record, field);
  return true;
}

bool CsvTokenizer::next(std::size_t start, CsvRecord& record) {
  record = CsvRecord{};
  specials_ = 0;
  std::size_t at = start;
  for (;;) {
    if (quote_ != '\0' && text_[at] == quote_ && at < size_) {
      if (!quoted_field(at, record)) return false;
    } else {
      at = plain_fields(at, record);
      if (at == size_ && !whole_) return false;
    }
    if (at == size_ || text_[at] != delimiter_) break;
    ++at;
  }
  record.special = specials_ != 0;
  record.terminated = at < size_;
  record.end = at;
  if (at < size_ && text_[at] == '\r') ++at;  // only behind a closing quote; elsewhere `at` is at the LF
  record.next = std::min(size_, at + 1);
  if (record.terminated) ++record.newlines;
  // An unquoted last field still has the CR of CRLF.
  if (record.fields <= max_fields_) {
    CsvField& last = fields_[record.fields - 1];
    if (!last.quoted && last.end == record.end && last.end > last.begin && text_[last.end - 1] == '\r') --last.end;
  }
  if (record.end > start && text_[record.end - 1] == '\r' && record.open_quote_newlines < 0) --record.end;
  return true;
}

}  // namespace deskhouse::sources
