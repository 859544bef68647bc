#include "control/call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "control/wire.h"

namespace deskhouse::control {

namespace {

constexpr std::size_t kMostCalls = 64;
constexpr int kSecondsToAsk = 10;

Result<Descriptor> local_socket() {
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (made.get() < 0) return fail(Error::Kind::io, fmt::format("There is no local socket: {}", std::strerror(errno)));
  return made;
}

bool is_ours(int connection) {
  ucred who{};
  socklen_t size = sizeof(who);
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == geteuid() || who.uid == 0);
}

// The standard streams; one that is closed is /dev/null.
std::array<int, 3> own_streams(Descriptor& nothing) {
  std::array<int, 3> streams = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  for (auto& fd : streams)
    if (fcntl(fd, F_GETFD) < 0) {
      if (nothing.get() < 0) nothing = Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
      fd = nothing.get();
    }
  return streams;
}

}  // namespace

std::filesystem::path socket_of(const std::filesystem::path& project) {
  return project / "deskhouse.sock";
}

Result<std::optional<int>> call(const std::filesystem::path& socket, const CommandLine& line) {
  const Address address(socket);
  if (!address.exists()) return std::nullopt;
  DH_ASSIGN(const auto connection, local_socket());
  if (connect(connection.get(), address.get(), address.size()) != 0) {
    if (errno != EACCES && errno != EPERM) return std::nullopt;  // none there, or what a dead server left
    std::error_code hidden;                                      // in a folder that may not be searched nobody knows
    if (!std::filesystem::is_socket(socket, hidden)) return std::nullopt;
    return fail(Error::Kind::io, fmt::format("A server of another user runs for this project, and only that user and "
                                             "root may use it ({})",
                                             socket.string()));
  }
  Descriptor nothing;
  DH_TRY(send_line(connection.get(), line, own_streams(nothing)));
  const auto answer = receive_answer(connection.get());
  if (!answer)
    return fail(Error::Kind::io,
                "The server that ran this command ended before it. Nothing is lost: what it had not published is "
                "undone. Do it again");
  if (!answer->refusal.empty()) return fail(Error::Kind::io, answer->refusal);
  return answer->exit_code;
}

void Call::when_gone(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
  if (gone_ != Gone::no && what_) what_();
}

void Call::end(Gone why) {
  const std::lock_guard lock(mutex_);
  if (gone_ != Gone::no) return;
  gone_ = why;
  if (what_) what_();
}

Result<std::unique_ptr<Listener>> Listener::open(const std::filesystem::path& socket, std::string version, Run run) {
  const auto cannot = [&] {
    return fail(Error::Kind::io,
                fmt::format("The control socket {} cannot be made: {}", socket.string(), std::strerror(errno)));
  };
  DH_ASSIGN(auto listening, local_socket());
  // Made under another name, for its owner alone, and put in place as a whole.
  const auto made = socket.parent_path() / fmt::format("{}.{}", socket.filename().string(), getpid());
  const Address address(made);
  ::unlink(made.c_str());
  if (bind(listening.get(), address.get(), address.size()) != 0) return cannot();
  if (chmod(made.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listening.get(), SOMAXCONN) != 0 ||
      ::rename(made.c_str(), socket.c_str()) != 0) {
    const auto error = cannot();
    ::unlink(made.c_str());
    return error;
  }
  int wake[2];
  if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return cannot();
  return std::unique_ptr<Listener>(new Listener(socket, std::move(listening), Descriptor(wake[0]), Descriptor(wake[1]),
                                                std::move(version), std::move(run)));
}

Listener::Listener(std::filesystem::path socket, Descriptor listening, Descriptor wake_read, Descriptor wake_write,
                   std::string version, Run run)
    : socket_(std::move(socket)),
      listening_(std::move(listening)),
      wake_read_(std::move(wake_read)),
      wake_write_(std::move(wake_write)),
      version_(std::move(version)),
      run_(std::move(run)),
      thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) loop();
      }) {}

Listener::~Listener() {
  thread_.request_stop();
  [[maybe_unused]] const auto woken = write(wake_write_.get(), "x", 1);
  thread_.join();
  ::unlink(socket_.c_str());
  for (const auto& one : running_) one->call->end(Call::Gone::server);
}

// Waits for a caller to come or to hang up, or a command to end.
void Listener::loop() {
  std::vector<pollfd> waiting = {{listening_.get(), POLLIN, 0}, {wake_read_.get(), POLLIN, 0}};
  for (const auto& one : running_)
    waiting.push_back({one->call->gone() == Call::Gone::no ? one->connection.get() : -1, POLLRDHUP, 0});
  if (poll(waiting.data(), waiting.size(), -1) < 0) return;
  for (std::size_t i = 0; i < running_.size(); ++i)
    if ((waiting[i + 2].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) running_[i]->call->end(Call::Gone::caller);
  char bytes[64];
  while (read(wake_read_.get(), bytes, sizeof(bytes)) > 0) {
  }
  forget_ended();
  if ((waiting[0].revents & POLLIN) != 0) accept_one();
}

void Listener::accept_one() {
  Descriptor connection(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.get() < 0) return;
  if (!is_ours(connection.get())) return;
  if (running_.size() >= kMostCalls) {
    send_answer(connection.get(),
                {1, fmt::format("The server runs {} commands already; do it again later", kMostCalls)});
    return;
  }
  auto one = std::make_unique<Running>();
  one->call = std::make_shared<Call>();
  one->connection = std::move(connection);
  one->thread = std::jthread([this, running = one.get()] {
    std::array<Descriptor, 3> streams;
    auto& call = *running->call;
    auto line = receive_line(running->connection.get(), streams, kSecondsToAsk);
    Answer answer;
    if (!line) {
      answer.refusal = line.error().message;
    } else if (line->version != version_) {
      answer.refusal = fmt::format(
          "The server that runs for this project is deskhouse {}, this is {}: start the "
          "server anew with this one",
          version_, line->version);
    } else {
      call.line = *std::move(line);
      call.in = std::move(streams[0]);
      call.out = std::move(streams[1]);
      call.err = std::move(streams[2]);
      answer.exit_code = run_(call);
      // Closed before the caller hears of the end: who waits for the end of a pipe waits no longer than the caller.
      call.in = Descriptor();
      call.out = Descriptor();
      call.err = Descriptor();
    }
    send_answer(running->connection.get(), answer);
    running->done = true;
    [[maybe_unused]] const auto woken = write(wake_write_.get(), "x", 1);
  });
  running_.push_back(std::move(one));
}

void Listener::forget_ended() {
  std::erase_if(running_, [](const std::unique_ptr<Running>& one) { return one->done.load(); });
}

}  // namespace deskhouse::control
