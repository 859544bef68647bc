// A record of a source whose rows have no bytes of their own (a database server), as a line of CSV: what is kept of it
// for quarantine and replay.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sources/source.h"
#include "sources/text_arena.h"

namespace deskhouse::sources {

// Writes CSV records that csv.h reads back to the same fields, and remembers where the fields are in them. Its memory
// is used again for the next record: nothing is allocated a record.
class CsvRecordWriter {
 public:
  void clear() {
    line_.clear();
    spans_.clear();
  }
  void separate() {
    if (!spans_.empty()) line_ += ',';
  }
  void add_null() {
    separate();
    spans_.push_back({});
  }
  // Digits and the like: nothing to quote. `append` writes to the line and says whether it could.
  template <class Append>
  bool add_plain(Append append) {
    separate();
    const auto begin = line_.size();
    const bool ok = append(line_);
    spans_.push_back({begin, line_.size() - begin, Span::Kind::verbatim});
    return ok;
  }
  void add_text(std::string_view text) {
    separate();
    constexpr std::size_t kShort = 24;  // longer texts are quoted without a look at what is in them
    if (!text.empty() && text.size() <= kShort && text.find_first_of(",\"\r\n") == std::string_view::npos) {
      spans_.push_back({line_.size(), text.size(), Span::Kind::verbatim});
      line_ += text;
      return;
    }
    line_ += '"';
    const auto begin = line_.size();
    std::size_t quote = text.find('"');
    if (quote == std::string_view::npos) {
      line_ += text;
      spans_.push_back({begin, text.size(), Span::Kind::verbatim});
    } else {
      for (; quote != std::string_view::npos; quote = text.find('"')) {
        line_.append(text.substr(0, quote + 1)).append("\"");
        text.remove_prefix(quote + 1);
      }
      line_ += text;
      spans_.push_back({begin, line_.size() - begin, Span::Kind::doubled});
    }
    line_ += '"';
  }

  std::string_view line() const { return line_; }
  std::size_t fields() const { return spans_.size(); }
  // The field within `kept`, a copy of the line; quotes that were doubled are made single in the arena.
  RawField field(std::size_t index, std::string_view kept, TextArena& arena) const {
    const auto& span = spans_[index];
    if (span.kind == Span::Kind::null) return {};
    const auto text = kept.substr(span.begin, span.size);
    if (span.kind == Span::Kind::verbatim) return text;
    std::string single;
    for (std::size_t i = 0; i < text.size(); ++i) {
      single += text[i];
      if (text[i] == '"') ++i;
    }
    return arena.keep(single);
  }

 private:
  struct Span {
    enum class Kind { null, verbatim, doubled };
    std::size_t begin = 0, size = 0;
    Kind kind = Kind::null;
  };
  std::string line_;
  std::vector<Span> spans_;
};

}  // namespace deskhouse::sources
