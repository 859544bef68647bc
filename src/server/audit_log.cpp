#include "server/audit_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "staging/text.h"

namespace deskhouse::server {
namespace {

constexpr std::uintmax_t kLargest = 64 << 20;
constexpr std::size_t kLongestSql = 10'000;
constexpr mode_t kOwnerOnly = 0600;

int open_file(const std::filesystem::path& file) {
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerOnly);
}

std::string sql_of(const Request& request) {
  if (request.method != "POST" || !request.path.ends_with("/query")) return {};
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("sql") || !body["sql"].is_string()) return {};
  return lossy_utf8(staging::cut(body["sql"].get<std::string>(), kLongestSql));
}

}  // namespace

std::string audit_line(const Request& request, int status, Timestamp at, double milliseconds) {
  if (request.path.starts_with("/assets/") || request.path == "/healthz" || request.path == "/readyz") return {};
  auto line =
      fmt::format(R"({{"at":"{}","visitor":{},"peer":{},"method":{},"path":{},"status":{},"ms":{:.1f})", to_string(at),
                  request.visitor.empty() ? "null" : json_text(request.visitor), json_text(request.peer),
                  json_text(lossy_utf8(request.method)), json_text(lossy_utf8(request.path)), status, milliseconds);
  if (const auto sql = sql_of(request); !sql.empty()) line += ",\"sql\":" + json_text(sql);
  return line + "}\n";
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(std::filesystem::path file) {
  const int handle = open_file(file);
  if (handle < 0) return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file.string(), std::strerror(errno)));
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(file), handle));
}

AuditLog::AuditLog(std::filesystem::path file, int handle) : file_(std::move(file)), handle_(handle) {
  struct stat status {};
  if (::fstat(handle, &status) == 0) size_ = static_cast<std::uintmax_t>(status.st_size);
}

AuditLog::~AuditLog() {
  if (handle_ >= 0) ::close(handle_);
}

void AuditLog::write(const Request& request, int status, Timestamp at, std::chrono::steady_clock::duration took) {
  const auto line = audit_line(request, status, at, std::chrono::duration<double, std::milli>(took).count());
  if (line.empty()) return;
  const std::lock_guard lock(mutex_);
  if (size_ + line.size() > kLargest) turn_over();
  append(line);
}

void AuditLog::append(std::string_view line) {
  const auto written = handle_ < 0 ? -1 : ::write(handle_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
  } else if (!std::exchange(has_complained_, true)) {
    fmt::print(stderr, "deskhouse: {} cannot be written: {}\n", file_.string(), std::strerror(errno));
  }
}

void AuditLog::turn_over() {
  ::rename(file_.c_str(), (file_.string() + ".1").c_str());
  const int next = open_file(file_);
  if (next < 0) return;  // goes on in the file that was renamed
  ::close(handle_);
  handle_ = next;
  size_ = 0;
}

}  // namespace deskhouse::server
