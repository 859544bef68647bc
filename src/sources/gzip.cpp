#include "sources/gzip.h"

#include <fmt/core.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace deskhouse::sources {
namespace {

class GzipStream final : public ByteStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> compressed, std::string shown, std::size_t block_bytes)
      : compressed_(std::move(compressed)), shown_(std::move(shown)), input_(block_bytes) {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }

  Result<std::size_t> read(char* out, std::size_t capacity) override {
    capacity = std::min<std::size_t>(capacity, std::numeric_limits<std::uint32_t>::max());
    for (;;) {
      if (!in_member_) {
        DH_ASSIGN(const bool member, next_member());
        if (!member) return std::size_t{0};
      }
      DH_ASSIGN(const std::size_t made, inflate(out, capacity));
      if (made > 0) return made;
    }
  }

 private:
  // Makes sure that at least one compressed byte is at hand; false at the end of the file.
  Result<bool> fill() {
    if (state_.avail_in > 0) return true;
    DH_ASSIGN(const std::size_t got, compressed_->read(input_.data(), input_.size()));
    state_.next_in = reinterpret_cast<std::uint8_t*>(input_.data());
    state_.avail_in = static_cast<std::uint32_t>(got);
    offset_ += static_cast<std::int64_t>(got);
    return got > 0;
  }

  // Skips padding between members and starts the next one; false at the end of the file.
  Result<bool> next_member() {
    for (;;) {
      DH_ASSIGN(const bool more, fill());
      if (!more && members_ == 0) return fail(Error::Kind::io, early_end());
      if (!more) return false;
      if (members_ == 0 || *state_.next_in != 0) break;
      ++state_.next_in;
      --state_.avail_in;
    }
    if (members_++ > 0) isal_inflate_reset(&state_);
    in_member_ = true;
    return true;
  }

  // The next bytes of the member; 0 if the member ended without any, or more input is needed.
  Result<std::size_t> inflate(char* out, std::size_t capacity) {
    DH_ASSIGN(const bool more, fill());
    state_.next_out = reinterpret_cast<std::uint8_t*>(out);
    state_.avail_out = static_cast<std::uint32_t>(capacity);
    const int status = isal_inflate(&state_);
    if (status < 0 || status == ISAL_NEED_DICT) return fail(Error::Kind::io, damaged(status));
    const std::size_t made = capacity - state_.avail_out;
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      in_member_ = false;
    } else if (made == 0 && !more) {
      return fail(Error::Kind::io, early_end());
    }
    return made;
  }

  std::int64_t consumed() const { return offset_ - state_.avail_in; }
  std::string early_end() const {
    return fmt::format(
        "{} ends too early: the gzip data stops at byte {} of the compressed file without an end mark; "
        "the file was cut, copy or export it again",
        shown_, consumed());
  }
  std::string damaged(int status) const {
    const char* why = status == ISAL_INVALID_WRAPPER      ? "no gzip header"
                      : status == ISAL_INCORRECT_CHECKSUM ? "the checksum does not match"
                      : status == ISAL_UNSUPPORTED_METHOD ? "unknown compression method"
                                                          : "invalid deflate data";
    return fmt::format("{} is damaged or not gzip: {} near byte {} of the compressed file; copy or export it again",
                       shown_, why, consumed());
  }

  std::unique_ptr<ByteStream> compressed_;
  std::string shown_;
  std::vector<char> input_;
  inflate_state state_{};
  std::int64_t offset_ = 0;  // compressed bytes handed to the inflater's input so far
  std::int64_t members_ = 0;
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> make_gzip_stream(std::unique_ptr<ByteStream> compressed, std::string shown,
                                             std::size_t block_bytes) {
  return std::make_unique<GzipStream>(std::move(compressed), std::move(shown), block_bytes);
}

}  // namespace deskhouse::sources
