// The part of a text that is in memory: one block that grows around an unfinished record, or moves on.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "sources/byte_stream.h"
#include "sources/source.h"

namespace deskhouse::sources {

// One thread at a time; blocks that were lent live as long as the batches that have them.
class TextWindow {
 public:
  // Readable bytes behind size(), all zero at first: scanners and simdjson read whole vectors.
  static constexpr std::size_t kPadding = 128;

  TextWindow(std::unique_ptr<ByteStream> text, std::size_t block_bytes);

  const char* data() const { return block_.get(); }
  std::size_t size() const { return size_; }
  bool at_end() const { return at_end_; }  // nothing comes behind size()

  // Drops the bytes before `keep_from` and reads more behind the rest: afterwards the kept bytes begin at
  // data(), or at_end() holds. Makes room for the rest to double, so that a long record costs linear time.
  Status advance(std::size_t keep_from);

  // Makes `batch` keep the block alive, so that views into the text stay valid with it: once for a batch and
  // block.
  void lend(RawBatch& batch);

 private:
  std::unique_ptr<ByteStream> text_;
  std::size_t block_bytes_;
  std::shared_ptr<char[]> block_;
  std::size_t capacity_ = 0, size_ = 0;
  bool lent_ = false, at_end_ = false;
};

// A position in the window and the line number there.
struct TextPosition {
  std::size_t at = 0;
  std::int64_t line = 1;
};

// Reads the first block, passes over a UTF-8 byte order mark, and refuses UTF-16 that was not declared
// (`file` is for the message).
Result<TextPosition> start_of_text(TextWindow& window, const std::string& file, const std::string& encoding);

// Goes from inside an oversized record, which begins at `start` on `line`, to behind the first newline at or
// after `from`, however far that is, in constant memory.
Result<TextPosition> skip_line(TextWindow& window, std::size_t start, std::size_t from, std::int64_t line);

// How much of an oversized record is kept: about kCutRecordBytes, at most `limit`, whole characters of UTF-8.
std::string_view cut_record(std::string_view record, std::size_t limit);

// The reason of the Defect for it.
std::string oversized_reason(std::size_t limit, std::size_t kept);

}  // namespace deskhouse::sources
