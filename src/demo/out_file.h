// A file that is written from start to end. Movable; one thread at a time; closes itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace deskhouse::demo {

class OutFile {
 public:
  // Replaces the file if there is one.
  static Result<OutFile> create(const std::filesystem::path& path);
  OutFile(OutFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), bytes_(other.bytes_) {}
  OutFile& operator=(OutFile&& other) noexcept;
  ~OutFile();

  Status write(std::string_view bytes);
  // Reports what only closing reveals (a full disk on a network file system).
  Status close();
  std::int64_t bytes() const { return bytes_; }

 private:
  OutFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;
};

// Writes a small file as a whole.
Status write_whole(const std::filesystem::path& path, std::string_view bytes);
// Makes a folder and those above it, if they are missing.
Status make_folder(const std::filesystem::path& path);

}  // namespace deskhouse::demo
