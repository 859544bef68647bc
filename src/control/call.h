// The control socket of a running server: another process of the same user hands over a command line and its three
// standard streams, the server runs the command on them and answers with the exit code. So nobody meets the lock of a
// warehouse that a server keeps open.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace deskhouse::control {

// Where the server of a project folder listens.
std::filesystem::path socket_of(const std::filesystem::path& project);

// What is handed over. A caller with another `version` is refused: its command line may mean something else.
struct CommandLine {
  std::string version;
  std::filesystem::path folder;  // the caller's working folder, absolute
  std::vector<std::string> arguments;
};

// Has the server run it on the standard streams of this process, and waits for its end: the exit code. nullopt: no
// server listens there. An error says that it could not be asked, or went away before it answered.
Result<std::optional<int>> call(const std::filesystem::path& socket, const CommandLine& line);

// A command that a caller waits for, as the server sees it.
class Call {
 public:
  enum class Gone { no, caller, server };  // the caller hung up; or the server is stopping

  CommandLine line;
  Descriptor in, out, err;  // the caller's

  Gone gone() const { return gone_; }
  // `what` is called, by another thread, as soon as one of the two is gone; at once if it is. It replaces what was
  // set before, which is not called any more once this returns. Empty: nothing.
  void when_gone(std::function<void()> what);

 private:
  friend class Listener;
  void end(Gone why);
  std::atomic<Gone> gone_ = Gone::no;
  std::mutex mutex_;
  std::function<void()> what_;
};

// Accepts calls of this user, and of root, and runs each in a thread of its own.
class Listener {
 public:
  using Run = std::function<int(Call&)>;  // the exit code
  // Takes the place of a socket that a dead server left.
  static Result<std::unique_ptr<Listener>> open(const std::filesystem::path& socket, std::string version, Run run);
  Listener(const Listener&) = delete;
  // Tells those under way that the server is gone, and waits for them.
  ~Listener();

 private:
  struct Running {
    std::shared_ptr<Call> call;
    Descriptor connection;
    std::atomic<bool> done = false;
    std::jthread thread;
  };
  Listener(std::filesystem::path socket, Descriptor listening, Descriptor wake_read, Descriptor wake_write,
           std::string version, Run run);
  void loop();
  void accept_one();
  void forget_ended();

  const std::filesystem::path socket_;
  Descriptor listening_, wake_read_, wake_write_;
  const std::string version_;
  const Run run_;
  std::vector<std::unique_ptr<Running>> running_;  // the loop's
  std::jthread thread_;
};

}  // namespace deskhouse::control
