#include "demo/out_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace deskhouse::demo {
namespace {

std::unexpected<Error> cannot(std::string_view what, const std::filesystem::path& path, int error) {
  return fail(Error::Kind::io, "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(error) +
                                   ". Give a folder that can be written to, on a disk with room.");
}

}  // namespace

Result<OutFile> OutFile::create(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot("create", path, errno);
  return OutFile(path, descriptor);
}

OutFile& OutFile::operator=(OutFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

OutFile::~OutFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status OutFile::write(std::string_view bytes) {
  bytes_ += static_cast<std::int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status OutFile::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0) return cannot("write", path_, errno);
  return {};
}

Status write_whole(const std::filesystem::path& path, std::string_view bytes) {
  DH_ASSIGN(OutFile file, OutFile::create(path));
  DH_TRY(file.write(bytes));
  return file.close();
}

Status make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return cannot("make the folder", path, error.value());
  return {};
}

}  // namespace deskhouse::demo
