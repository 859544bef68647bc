#include "sources/text_window.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "sources/encoding.h"

namespace deskhouse::sources {

TextWindow::TextWindow(std::unique_ptr<ByteStream> text, std::size_t block_bytes)
    : text_(std::move(text)), block_bytes_(std::max<std::size_t>(block_bytes, 1)) {}

Status TextWindow::advance(std::size_t keep_from) {
  DH_ASSERT(keep_from <= size_, "the kept part begins in the window");
  const std::size_t rest = size_ - keep_from;
  const std::size_t wanted = std::max(block_bytes_, 2 * rest);
  if (lent_ || capacity_ < wanted) {
    auto grown = std::make_shared_for_overwrite<char[]>(wanted + kPadding);
    if (rest > 0) std::memcpy(grown.get(), block_.get() + keep_from, rest);
    block_ = std::move(grown);
    capacity_ = wanted;
    lent_ = false;
  } else if (rest > 0) {
    std::memmove(block_.get(), block_.get() + keep_from, rest);
  }
  size_ = rest;
  while (size_ < capacity_ && !at_end_) {
    DH_ASSIGN(const std::size_t got, text_->read(block_.get() + size_, capacity_ - size_));
    size_ += got;
    at_end_ = got == 0;
  }
  std::memset(block_.get() + size_, 0, kPadding);
  return {};
}

void TextWindow::lend(RawBatch& batch) {
  batch.buffers.push_back(block_);
  lent_ = true;
}

Result<TextPosition> start_of_text(TextWindow& window, const std::string& file, const std::string& encoding) {
  DH_TRY(window.advance(0));
  while (window.size() < 3 && !window.at_end()) DH_TRY(window.advance(0));
  const std::string_view text(window.data(), window.size());
  if (is_utf8(encoding) && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) {
    return fail(Error::Kind::config,
                fmt::format("{} is UTF-16 (by its byte order mark); declare it: encoding = \"utf-16\"", file));
  }
  return TextPosition{text.starts_with("\xEF\xBB\xBF") ? std::size_t{3} : std::size_t{0}, 1};
}

Result<TextPosition> skip_line(TextWindow& window, std::size_t start, std::size_t from, std::int64_t line) {
  line += std::count(window.data() + start, window.data() + from, '\n');
  for (;;) {
    const void* newline = std::memchr(window.data() + from, '\n', window.size() - from);
    if (newline) {
      return TextPosition{static_cast<std::size_t>(static_cast<const char*>(newline) - window.data()) + 1, line + 1};
    }
    if (window.at_end()) return TextPosition{window.size(), line};
    DH_TRY(window.advance(window.size()));
    from = 0;
  }
}

std::string_view cut_record(std::string_view record, std::size_t limit) {
  std::size_t kept = std::min({record.size(), kCutRecordBytes, limit});
  // At most three bytes back: the text may be no UTF-8 at all.
  for (int i = 0; i < 3 && kept > 0 && kept < record.size(); ++i) {
    if ((static_cast<unsigned char>(record[kept]) & 0xC0) != 0x80) break;
    --kept;
  }
  return record.substr(0, kept);
}

std::string oversized_reason(std::size_t limit, std::size_t kept) {
  return fmt::format(
      "the record is longer than {} bytes (max_record_bytes), perhaps because a quote in it is never "
      "closed: only its first {} bytes are kept, reading goes on with the line behind them",
      limit, kept);
}

}  // namespace deskhouse::sources
