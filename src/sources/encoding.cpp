#include "sources/encoding.h"

#include <fmt/core.h>
#include <iconv.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <vector>

namespace deskhouse::sources {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Names that people write and iconv does not know.
std::string iconv_name(const std::string& encoding) {
  const std::string name = lower(encoding);
  if (name == "latin-1") return "ISO-8859-1";
  if (name == "windows-949") return "CP949";
  return encoding;
}

// Bytes to pass over when one cannot be decoded: the encoding's smallest unit.
std::size_t unit_bytes(const std::string& encoding) {
  const std::string name = lower(encoding);
  if (name.find("32") != std::string::npos && name.starts_with("utf")) return 4;
  if (name.find("16") != std::string::npos && name.starts_with("utf")) return 2;
  return 1;
}

class DecodingStream final : public ByteStream {
 public:
  DecodingStream(std::unique_ptr<ByteStream> bytes, iconv_t converter, std::size_t unit, std::size_t block_bytes)
      : bytes_(std::move(bytes)),
        converter_(converter),
        unit_(unit),
        input_(std::max(block_bytes, kMinBlock)),
        output_(2 * input_.size()) {}
  ~DecodingStream() override { iconv_close(converter_); }
  DecodingStream(const DecodingStream&) = delete;
  DecodingStream& operator=(const DecodingStream&) = delete;

  Result<std::size_t> read(char* out, std::size_t capacity) override {
    while (out_begin_ == out_end_) {
      if (ended_) return std::size_t{0};
      DH_TRY(fill());
      convert();
    }
    const std::size_t count = std::min(capacity, out_end_ - out_begin_);
    std::memcpy(out, output_.data() + out_begin_, count);
    out_begin_ += count;
    return count;
  }

 private:
  static constexpr std::size_t kMinBlock = 64;  // more than any encoding's longest character

  // Moves the undecoded rest to the front and reads more behind it, unless there is enough.
  Status fill() {
    if (in_begin_ > 0) std::memmove(input_.data(), input_.data() + in_begin_, in_end_ - in_begin_);
    in_end_ -= in_begin_;
    in_begin_ = 0;
    if (in_end_ == input_.size() || at_end_) return {};
    DH_ASSIGN(const std::size_t got, bytes_->read(input_.data() + in_end_, input_.size() - in_end_));
    in_end_ += got;
    at_end_ = got == 0;
    return {};
  }

  void convert() {
    char* in = input_.data() + in_begin_;
    std::size_t in_left = in_end_ - in_begin_;
    char* out = output_.data();
    std::size_t out_left = output_.size();
    // A failing byte takes two bytes of output; leave room for it.
    while (in_left > 0 && out_left > 8) {
      if (iconv(converter_, &in, &in_left, &out, &out_left) != static_cast<std::size_t>(-1)) break;
      if (errno == E2BIG) break;
      if (errno == EINVAL && !at_end_) break;  // a character goes on in the next block
      if (out_left < 2) break;
      mark_undecodable(in, in_left, out, out_left);
    }
    if (in_left == 0 && at_end_) {
      iconv(converter_, nullptr, nullptr, &out, &out_left);
      ended_ = true;
    }
    in_begin_ = in_end_ - in_left;
    out_begin_ = 0;
    out_end_ = output_.size() - out_left;
  }

  void mark_undecodable(char*& in, std::size_t& in_left, char*& out, std::size_t& out_left) const {
    *out++ = kUndecodable;
    --out_left;
    if (unit_ == 1) {
      *out++ = *in;
      --out_left;
    }
    const std::size_t skipped = std::min(unit_, in_left);
    in += skipped;
    in_left -= skipped;
  }

  std::unique_ptr<ByteStream> bytes_;
  iconv_t converter_;
  std::size_t unit_;
  std::vector<char> input_, output_;
  std::size_t in_begin_ = 0, in_end_ = 0, out_begin_ = 0, out_end_ = 0;
  bool at_end_ = false;  // of the bytes
  bool ended_ = false;   // all has been converted
};

}  // namespace

bool is_utf8(std::string_view encoding) {
  const std::string name = lower(encoding);
  return name.empty() || name == "utf-8" || name == "utf8";
}

Result<std::unique_ptr<ByteStream>> make_decoding_stream(std::unique_ptr<ByteStream> bytes, const std::string& encoding,
                                                         std::size_t block_bytes) {
  const std::string name = iconv_name(encoding);
  const iconv_t converter = iconv_open("UTF-8", name.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return fail(Error::Kind::config,
                fmt::format("encoding '{}' is not known here; `iconv -l` lists the names that are", encoding));
  }
  return std::make_unique<DecodingStream>(std::move(bytes), converter, unit_bytes(name),
                                          std::min<std::size_t>(block_bytes, 256 << 10));
}

std::string text_defect(std::string_view text, std::string_view encoding) {
  if (std::memchr(text.data(), 0, text.size())) return "contains a NUL byte";
  if (simdjson::validate_utf8(text.data(), text.size())) return {};
  if (is_utf8(encoding)) return "is not valid UTF-8; if the file has another encoding, declare it (encoding = \"...\")";
  const std::size_t mark = text.find(kUndecodable);
  if (mark == std::string_view::npos) return "is not valid text";
  if (mark + 1 < text.size() && static_cast<unsigned char>(text[mark + 1]) >= 0x80) {
    return fmt::format("has a byte {:02X} that is not {}", static_cast<unsigned char>(text[mark + 1]), encoding);
  }
  return fmt::format("has bytes that are not {}", encoding);
}

}  // namespace deskhouse::sources
