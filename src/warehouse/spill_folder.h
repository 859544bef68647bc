// Where one instance of the engine keeps what exceeds its memory: a folder that no other process has. DuckDB 1.5 names
// these files alike everywhere, so that two processes in one folder would read each other's rows (decision 0062).
#pragma once

#include <filesystem>
#include <utility>

#include "base/descriptor.h"
#include "base/result.h"

namespace deskhouse::warehouse {

class SpillFolder {
 public:
  // A new folder in `parent`, which is made if only that is not there. Those of processes that were killed are removed.
  // Fails (io) where nothing can be written.
  static Result<SpillFolder> make(const std::filesystem::path& parent);
  SpillFolder(SpillFolder&&) = default;  // leaves nothing to remove
  // Removes it, and the parent if nothing else is in there.
  ~SpillFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  SpillFolder(std::filesystem::path path, Descriptor held) : path_(std::move(path)), held_(std::move(held)) {}
  std::filesystem::path path_;
  Descriptor held_;  // the folder, locked while it is in use
};

}  // namespace deskhouse::warehouse
