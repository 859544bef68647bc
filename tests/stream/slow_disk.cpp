// A disk that takes its time: loaded before the C library, it lets each write wait as long as a disk of
// SLOW_DISK_BYTES_A_SECOND would take for it, one after the other, and each fsync 20 ms more.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace {

std::mutex disk;

double bytes_a_second() {
  static const double rate = [] {
    const char* text = std::getenv("SLOW_DISK_BYTES_A_SECOND");
    return text == nullptr ? 0.0 : std::atof(text);
  }();
  return rate;
}

bool is_file(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

void take(int descriptor, double bytes, double seconds) {
  if (bytes_a_second() <= 0 || !is_file(descriptor)) return;
  const std::lock_guard one_at_a_time(disk);
  std::this_thread::sleep_for(std::chrono::duration<double>(bytes / bytes_a_second() + seconds));
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  take(descriptor, static_cast<double>(count), 0);
  return next(descriptor, bytes, count, at);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  take(descriptor, static_cast<double>(count), 0);
  return next(descriptor, bytes, count);
}

int fsync(int descriptor) {
  static const auto next = real<int (*)(int)>("fsync");
  take(descriptor, 0, 0.02);
  return next(descriptor);
}
}
