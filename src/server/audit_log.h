// Who asked what: one JSON object a line, appended to a file that only its owner may read. A file that has grown to
// 64 MiB becomes FILE.1, in place of the one before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/values.h"
#include "server/http.h"

namespace deskhouse::server {

// Thread-safe. A line that cannot be written is lost, and said on standard error once.
class AuditLog {
 public:
  static Result<std::unique_ptr<AuditLog>> open(std::filesystem::path file);
  AuditLog(const AuditLog&) = delete;
  ~AuditLog();

  // Of everything but the dashboard's own files. Never passwords or tokens; of a query its SQL, without parameters.
  void write(const Request& request, int status, Timestamp at, std::chrono::steady_clock::duration took);

 private:
  AuditLog(std::filesystem::path file, int handle);
  void append(std::string_view line);
  void turn_over();

  const std::filesystem::path file_;
  std::mutex mutex_;  // of what follows
  int handle_;
  std::uintmax_t size_ = 0;
  bool has_complained_ = false;
};

// The line; empty: nothing worth keeping.
std::string audit_line(const Request& request, int status, Timestamp at, double milliseconds);

}  // namespace deskhouse::server
