#include "server/memory_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace deskhouse::server {

Result<MemoryFile> MemoryFile::make() {
  Descriptor handle(::memfd_create("deskhouse-result", MFD_CLOEXEC));
  if (handle.get() < 0) return fail(Error::Kind::io, fmt::format("No memory for a result: {}", std::strerror(errno)));
  return MemoryFile(std::move(handle));
}

std::string MemoryFile::path() const {
  return fmt::format("/proc/self/fd/{}", handle_.get());
}

Result<std::string> MemoryFile::content() const {
  struct stat status {};
  if (::fstat(handle_.get(), &status) != 0) return fail(Error::Kind::io, std::strerror(errno));
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t done = 0; done < content.size();) {
    const auto got = ::pread(handle_.get(), content.data() + done, content.size() - done, static_cast<off_t>(done));
    if (got <= 0) return fail(Error::Kind::io, "A result cannot be read back from memory");
    done += static_cast<std::size_t>(got);
  }
  return content;
}

}  // namespace deskhouse::server
