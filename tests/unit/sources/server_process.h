// A server program of the tests' own: in a temporary folder, on a free port of the loopback, stopped by its process.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace deskhouse::sources {

class ServerProcess {
 public:
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

 protected:
  // `owner`: whose it is where we are root, since servers refuse to run as root.
  ServerProcess(const std::string& prefix, std::string owner) : owner_(std::move(owner)) {
    std::string name = (std::filesystem::temp_directory_path() / (prefix + "_XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    if (const auto* user = ::getpwnam(owner_.c_str()); ::geteuid() == 0 && user != nullptr)
      if (::chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) std::abort();
    port_ = free_port();
  }
  ~ServerProcess() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // Runs a program to its end.
  void run(const std::vector<std::string>& command) const {
    int status = 0;
    ::waitpid(start(command), &status, 0);
    EXPECT_EQ(status, 0) << command[0] << ": " << log();
  }

  // Starts the server and waits until it answers.
  void serve(const std::vector<std::string>& command, const std::function<bool()>& answers) {
    server_ = start(command);
    for (int i = 0; i < 400; ++i) {
      if (answers()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "the server does not answer: " << log();
  }
  // `signal`: one that does not make it tidy up, since nothing is kept.
  void stop(int signal) const {
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
  }

  const std::filesystem::path& folder() const { return folder_; }
  std::int64_t port() const { return port_; }

 private:
  static std::int64_t free_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  // As the owner where we are root.
  pid_t start(std::vector<std::string> command) const {
    if (::geteuid() == 0)
      command.insert(command.begin(), {"setpriv", "--reuid=" + owner_, "--regid=" + group(), "--clear-groups"});
    std::vector<char*> arguments;
    for (auto& part : command) arguments.push_back(part.data());
    arguments.push_back(nullptr);
    const auto log = (folder_ / "log").string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::chdir(folder_.c_str()) != 0 || std::freopen(log.c_str(), "a", stdout) == nullptr ||
        std::freopen(log.c_str(), "a", stderr) == nullptr)
      ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }

  std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string group() const {
    const auto* user = ::getpwnam(owner_.c_str());
    return user != nullptr ? std::to_string(user->pw_gid) : owner_;
  }

  const std::string owner_;
  std::filesystem::path folder_;
  std::int64_t port_ = 0;
  pid_t server_ = 0;
};

}  // namespace deskhouse::sources
