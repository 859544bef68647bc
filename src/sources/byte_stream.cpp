#include "sources/byte_stream.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sources/encoding.h"
#include "sources/gzip.h"

namespace deskhouse::sources {
namespace {

class PlainFile final : public ByteStream {
 public:
  PlainFile(int descriptor, std::string shown, ProgressCounter* progress)
      : descriptor_(descriptor), shown_(std::move(shown)), progress_(progress) {}
  ~PlainFile() override { ::close(descriptor_); }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  Result<std::size_t> read(char* out, std::size_t capacity) override {
    for (;;) {
      const ssize_t got = ::read(descriptor_, out, capacity);
      if (got >= 0) {
        if (progress_) progress_->fetch_add(got, std::memory_order_relaxed);
        offset_ += got;
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        return fail(Error::Kind::io,
                    fmt::format("cannot read {} at byte {}: {}", shown_, offset_, std::strerror(errno)));
      }
    }
  }

 private:
  int descriptor_;
  std::string shown_;
  ProgressCounter* progress_;
  std::int64_t offset_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> open_bytes(const InputFile& file, ProgressCounter* progress) {
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const char* advice = errno == EACCES ? "; give this user permission to read it" : "";
    return fail(Error::Kind::io, fmt::format("cannot open {}: {}{}", file.shown, std::strerror(errno), advice));
  }
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);  // only a hint: its failure does not matter
  return std::make_unique<PlainFile>(descriptor, file.shown, progress);
}

Result<std::unique_ptr<ByteStream>> open_text(const InputFile& file, const ReadRequest& request) {
  DH_ASSIGN(std::unique_ptr<ByteStream> bytes, open_bytes(file, request.progress));
  if (file.gzip) {
    const std::size_t compressed_block = std::clamp<std::size_t>(request.block_bytes / 4, 1, 256 << 10);
    bytes = make_gzip_stream(std::move(bytes), file.shown, compressed_block);
  }
  if (is_utf8(request.entity->encoding)) return bytes;
  return make_decoding_stream(std::move(bytes), request.entity->encoding, request.block_bytes);
}

}  // namespace deskhouse::sources
