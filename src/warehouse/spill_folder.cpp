#include "warehouse/spill_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace deskhouse::warehouse {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "spill-";

// Opens a folder and locks it: none if it is in use, or gone by then. The system gives the lock back however its
// process ends.
Descriptor hold(const fs::path& folder) {
  Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat held {
  }, named{};
  const bool is_held = file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                       ::fstat(file.get(), &held) == 0 && ::stat(folder.c_str(), &named) == 0 &&
                       held.st_ino == named.st_ino;
  return is_held ? std::move(file) : Descriptor();
}

void remove_what_is_left(const fs::path& parent) {
  std::error_code ignored;
  for (fs::directory_iterator entry(parent, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    if (!entry->path().filename().string().starts_with(kPrefix)) continue;
    const auto held = hold(entry->path());
    if (held.get() < 0) continue;
    std::error_code failed;
    fs::remove_all(entry->path(), failed);
  }
}

}  // namespace

Result<SpillFolder> SpillFolder::make(const fs::path& parent) {
  // Another process may remove the parent, when it ends, or the new folder, before it is locked.
  constexpr int kTries = 100;
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    if (::mkdir(parent.c_str(), 0777) != 0 && errno != EEXIST) {
      error = errno;
      break;
    }
    if (i == 0) remove_what_is_left(parent);
    auto name = (parent / fmt::format("{}XXXXXX", kPrefix)).string();
    if (::mkdtemp(name.data()) == nullptr) {
      error = errno;
      if (error == ENOENT) continue;
      break;
    }
    if (auto held = hold(name); held.get() >= 0) return SpillFolder(name, std::move(held));
  }
  return fail(Error::Kind::io, fmt::format("Cannot make a folder in {}: {}", parent.string(),
                                           error ? std::strerror(error) : "it is removed"));
}

SpillFolder::~SpillFolder() {
  if (held_.get() < 0) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::rmdir(path_.parent_path().c_str());  // fails while others are in it
}

}  // namespace deskhouse::warehouse
