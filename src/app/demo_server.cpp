#include "app/demo_server.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "demo/project_file.h"

namespace deskhouse::app {

namespace {

constexpr const char* kServer = "tests/freshservice/server.py";

// The checkout that this program was built in, or that the user stands in.
std::optional<std::filesystem::path> find_checkout() {
  std::error_code error;
  for (const auto& start :
       {std::filesystem::read_symlink("/proc/self/exe", error), std::filesystem::current_path(error)})
    for (auto folder = start; folder.has_relative_path(); folder = folder.parent_path())
      if (std::filesystem::exists(folder / kServer, error)) return folder;
  return std::nullopt;
}

[[noreturn]] void become_server(const std::filesystem::path& checkout, const std::filesystem::path& data, int output) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // whatever becomes of us
  dup2(output, STDOUT_FILENO);
  if (chdir(checkout.c_str()) == 0)
    execlp("python3", "python3", "-m", "tests.freshservice.server", "--port", "0", "--plan", "unlimited", "--data",
           data.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

// The first line, without its end; empty if there is none.
std::string read_line(int input) {
  std::string line;
  for (char c = 0;;) {
    const auto got = read(input, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') return line;
    line += c;
  }
}

void end(pid_t pid) {
  kill(pid, SIGTERM);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush())
    return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file.string(), std::strerror(errno)));
  return {};
}

}  // namespace

Result<DemoServer> DemoServer::start(const std::filesystem::path& data) {
  const auto checkout = find_checkout();
  if (!checkout)
    return fail(Error::Kind::usage,
                "demo --freshservice needs a checkout of Deskhouse, whose tests have the server: run it there");
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return fail(Error::Kind::io, fmt::format("Cannot make a pipe: {}", std::strerror(errno)));
  const auto folder = std::filesystem::absolute(data);
  const pid_t pid = fork();
  if (pid == 0) become_server(*checkout, folder, ends[1]);
  close(ends[1]);
  const auto address = pid > 0 ? read_line(ends[0]) : std::string();
  close(ends[0]);
  if (!address.starts_with("http")) {
    if (pid > 0) end(pid);
    return fail(Error::Kind::io,
                "demo --freshservice could not start its server: it needs python3, 3.11 or later, and nothing else");
  }
  return DemoServer(pid, address);
}

DemoServer::DemoServer(DemoServer&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), address_(std::move(other.address_)) {}

DemoServer::~DemoServer() {
  if (pid_ > 0) end(pid_);
}

Status DemoServer::write_project(const std::filesystem::path& folder) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("Cannot make the folder {}: {}", folder.string(), error.message()));
  DH_TRY(write_file(folder / "api-key", "test-key\n"));
  return write_file(folder / "deskhouse.toml", demo::freshservice_project_file(address_));
}

}  // namespace deskhouse::app
