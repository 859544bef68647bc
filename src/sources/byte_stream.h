// Bytes in order, from a file or out of another stream (gzip.h, encoding.h).
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "sources/file_reader.h"

namespace deskhouse::sources {

// One thread at a time. After an error it is not used again.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Writes up to `capacity` (at least 1) bytes to `out`; 0 means the end, and only the end.
  virtual Result<std::size_t> read(char* out, std::size_t capacity) = 0;
};

// The bytes of the file as they are. `progress` may be null; it is advanced by what is read.
Result<std::unique_ptr<ByteStream>> open_bytes(const InputFile& file, ProgressCounter* progress);

// The text of the file: decompressed if it is gzip, converted to UTF-8 if the entity declares another
// encoding.
Result<std::unique_ptr<ByteStream>> open_text(const InputFile& file, const ReadRequest& request);

}  // namespace deskhouse::sources
