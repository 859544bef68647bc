// A file without a name, in memory: what DuckDB writes to a path is read back, and nothing is left on a disk.
#pragma once

#include <string>
#include <utility>

#include "base/descriptor.h"
#include "base/result.h"

namespace deskhouse::server {

class MemoryFile {
 public:
  static Result<MemoryFile> make();
  std::string path() const;  // for this process only
  Result<std::string> content() const;

 private:
  explicit MemoryFile(Descriptor handle) : handle_(std::move(handle)) {}
  Descriptor handle_;
};

}  // namespace deskhouse::server
