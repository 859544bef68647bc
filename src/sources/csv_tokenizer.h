// Cuts CSV text into records and fields (RFC 4180). Knows no columns, batches or files.
//
// A quote opens a field only as its first byte; elsewhere it is text. Inside, a doubled quote is a quote, and
// delimiters and newlines are text. Records end with LF or CRLF; a lone CR is text. What follows a closing
// quote up to the next delimiter is an error of the record, which goes on as unquoted text, so that a stray
// quote costs one line and not the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sources/scan.h"

namespace deskhouse::sources {

// A field of the latest record: [begin, end) without the quotes. Offsets into the text.
struct CsvField {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool quoted = false;
  bool doubled = false;  // has doubled quotes in it
};

struct CsvRecord {
  std::size_t end = 0;                    // of the record, without CR and LF
  std::size_t next = 0;                   // where the next record begins
  std::size_t fields = 0;                 // all of them, also those beyond max_fields
  std::int64_t newlines = 0;              // in the record and its end
  bool special = false;                   // may have NUL or other than ASCII
  bool terminated = false;                // by a newline, not by the end of the text
  std::ptrdiff_t text_after_quote = -1;   // first field with text behind its closing quote
  std::int64_t open_quote_newlines = -1;  // newlines before a quote that is never closed, or -1
};

class CsvTokenizer {
 public:
  // `quote` '\0': no quoting. Keeps the fields up to `max_fields` of each record.
  CsvTokenizer(char delimiter, char quote, std::size_t max_fields);

  // The text from now on; readable up to kScanBytes beyond `size`. `whole`: nothing comes after it.
  void set_text(const char* text, std::size_t size, bool whole);

  // The record that begins at `start`; false if the text must go on to tell its end. REQUIRES start < size.
  bool next(std::size_t start, CsvRecord& record);

  // Of the latest record: min(record.fields, max_fields) are valid.
  const CsvField& field(std::size_t index) const { return fields_[index]; }

 private:
  static constexpr std::size_t kWindowBlocks = 256;

  const ScanMasks& masks(std::size_t block);
  std::size_t find_break(std::size_t from);
  std::size_t find_quote(std::size_t from, std::int64_t& newlines);
  std::size_t plain_fields(std::size_t begin, CsvRecord& record);
  bool quoted_field(std::size_t& at, CsvRecord& record);
  bool ends_record(std::size_t at) const;
  void add(CsvRecord& record, const CsvField& field) {
    if (record.fields < max_fields_) fields_[record.fields] = field;
    ++record.fields;
  }

  char delimiter_, quote_;
  std::size_t max_fields_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  bool whole_ = false;
  std::size_t window_begin_ = 0, window_blocks_ = 0;  // in blocks
  std::uint64_t specials_ = 0;                        // seen since the record began
  std::array<ScanMasks, kWindowBlocks> window_;
  std::vector<CsvField> fields_;
};

}  // namespace deskhouse::sources
