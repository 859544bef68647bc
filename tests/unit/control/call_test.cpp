#include "control/call.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <fstream>

namespace deskhouse::control {
namespace {

namespace fs = std::filesystem;

class CallTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // A folder whose name is longer than the address of a local socket may be.
    std::string pattern = (fs::temp_directory_path() / "controlXXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    folder_ = top_ / std::string(150, 'x');
    fs::create_directory(folder_);
    socket_ = socket_of(folder_);
  }
  void TearDown() override { fs::remove_all(top_); }

  std::unique_ptr<Listener> listen(Listener::Run run, const std::string& version = "1") {
    auto listener = Listener::open(socket_, version, std::move(run));
    EXPECT_TRUE(listener) << listener.error().message;
    return *std::move(listener);
  }
  Result<std::optional<int>> ask(std::vector<std::string> arguments = {}, const std::string& version = "1") {
    return call(socket_, {version, "/a folder", std::move(arguments)});
  }

  fs::path top_, folder_, socket_;
};

TEST_F(CallTest, NobodyListens) {
  const auto answer = ask();
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, std::nullopt);
  EXPECT_EQ(call("/no/such/folder/deskhouse.sock", {"1", "/", {}}).value(), std::nullopt);
}

TEST_F(CallTest, RunsACommandLineAsItWasGiven) {
  std::vector<std::string> got;
  std::string folder;
  const auto listener = listen([&](Call& call) {
    got = call.line.arguments;
    folder = call.line.folder;
    return 3;
  });
  const std::vector<std::string> arguments = {"query", "", "select 'a\nb'", "höher", std::string(100'000, 'y')};
  EXPECT_EQ(ask(arguments).value(), 3);
  EXPECT_EQ(got, arguments);
  EXPECT_EQ(folder, "/a folder");
}

TEST_F(CallTest, WritesToTheCallersStreams) {
  const auto listener = listen([](Call& call) { return write(call.out.get(), "to you", 6) == 6 ? 0 : 1; });
  const auto file = (top_ / "out").string();
  const int before = dup(STDOUT_FILENO);
  const int out = open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  dup2(out, STDOUT_FILENO);
  const auto answer = ask();
  dup2(before, STDOUT_FILENO);
  close(before);
  close(out);
  EXPECT_EQ(answer.value(), 0);
  std::string text;
  std::getline(std::ifstream(file), text);
  EXPECT_EQ(text, "to you");
}

TEST_F(CallTest, RefusesAnotherVersion) {
  const auto listener = listen([](Call&) { return 0; }, "2");
  const auto answer = ask();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "The server that runs for this project is deskhouse 2, this is 1: start the server anew with this one");
}

TEST_F(CallTest, IsForItsOwnerAlone) {
  const auto listener = listen([](Call&) { return 0; });
  struct stat found {};
  ASSERT_EQ(::stat(socket_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(CallTest, TakesThePlaceOfADeadServersSocket) {
  // Bound, closed and left there, as by a process that was killed.
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_EQ(::chdir(folder_.c_str()), 0);
  std::string("deskhouse.sock").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(dead);
  ASSERT_EQ(::chdir("/"), 0);
  EXPECT_EQ(ask().value(), std::nullopt);
  const auto listener = listen([](Call&) { return 7; });
  EXPECT_EQ(ask().value(), 7);
}

TEST_F(CallTest, LeavesNoSocketBehind) {
  listen([](Call&) { return 0; }).reset();
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CallTest, TellsACommandThatTheServerStops) {
  std::mutex mutex;
  std::condition_variable changed;
  bool begun = false, told = false;
  auto listener = listen([&](Call& call) {
    std::unique_lock lock(mutex);
    begun = true;
    changed.notify_all();
    lock.unlock();
    call.when_gone([&] {
      const std::lock_guard held(mutex);
      told = true;
      changed.notify_all();
    });
    lock.lock();
    changed.wait(lock, [&] { return told; });
    return call.gone() == Call::Gone::server ? 5 : 6;
  });
  Result<std::optional<int>> answer;
  std::jthread caller([&] { answer = ask(); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return begun; });
  }
  listener.reset();
  caller.join();
  EXPECT_EQ(answer.value(), 5);
}

TEST_F(CallTest, TellsACommandThatItsCallerIsGone) {
  std::mutex mutex;
  std::condition_variable changed;
  Call::Gone why = Call::Gone::no;
  bool begun = false;
  const auto listener = listen([&](Call& call) {
    call.when_gone([&] {
      const std::lock_guard held(mutex);
      why = call.gone();
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    begun = true;
    changed.notify_all();
    changed.wait(lock, [&] { return why != Call::Gone::no; });
    return 0;
  });
  const auto child = fork();
  if (child == 0) {
    (void)call(socket_, {"1", "/", {}});
    _exit(0);
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return begun; });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  changed.wait_for(lock, std::chrono::seconds(20), [&] { return why != Call::Gone::no; });
  EXPECT_EQ(why, Call::Gone::caller);
}

TEST_F(CallTest, WhatIsNoCallIsRefused) {
  bool ran = false;
  const auto listener = listen([&](Call&) {
    ran = true;
    return 0;
  });
  ASSERT_EQ(::chdir(folder_.c_str()), 0);
  const int mine = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string("deskhouse.sock").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::connect(mine, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::write(mine, "GET / HTTP/1.1\r\n\r\n", 18), 18);
  ::shutdown(mine, SHUT_WR);
  char bytes[256];
  std::string answer;
  while (const auto n = ::read(mine, bytes, sizeof(bytes))) {
    if (n < 0) break;
    answer.append(bytes, static_cast<std::size_t>(n));
  }
  ::close(mine);
  ASSERT_EQ(::chdir("/"), 0);
  EXPECT_NE(answer.find("This is no call of deskhouse"), std::string::npos);
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace deskhouse::control
