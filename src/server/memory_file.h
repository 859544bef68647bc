// A file without a name, in memory: what DuckDB writes to a path is read back, and nothing is left on a disk.
#pragma once

#include <string>

#include "base/result.h"

namespace deskhouse::server {

class MemoryFile {
 public:
  static Result<MemoryFile> make();
  MemoryFile(MemoryFile&& other) noexcept;
  ~MemoryFile();
  std::string path() const;  // for this process only
  Result<std::string> content() const;

 private:
  explicit MemoryFile(int handle) : handle_(handle) {}
  int handle_;
};

}  // namespace deskhouse::server
