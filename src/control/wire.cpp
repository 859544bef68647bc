#include "control/wire.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace deskhouse::control {

namespace {

constexpr std::uint32_t kMostBytes = 8U << 20;  // of a command line; the system allows some megabytes

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto n = send(fd, data, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool receive_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const auto n = recv(fd, data, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// Of a message whose sender may be anybody of this user: all descriptors are taken, so that none is left open.
bool take_descriptors(msghdr& message, std::array<Descriptor, 3>& streams) {
  std::size_t taken = 0;
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      Descriptor owned(fd);
      if (taken < streams.size()) streams[taken++] = std::move(owned);
    }
  }
  return taken == streams.size();
}

}  // namespace

Address::Address(const std::filesystem::path& socket) {
  auto folder = socket.parent_path();
  if (folder.empty()) folder = ".";
  folder_ = Descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = fmt::format("/proc/self/fd/{}/{}", folder_.get(), socket.filename().string());
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size() + 1, sizeof(address.sun_path) - 1));
  static_assert(sizeof(address) <= sizeof(bytes_));
  std::memcpy(bytes_.data(), &address, sizeof(address));
}
const sockaddr* Address::get() const {
  return reinterpret_cast<const sockaddr*>(bytes_.data());
}
unsigned Address::size() const {
  return sizeof(sockaddr_un);
}

Status send_line(int connection, const CommandLine& line, const std::array<int, 3>& streams) {
  std::string text = line.version + '\0' + line.folder.string() + '\0';
  for (const auto& argument : line.arguments) text += argument + '\0';
  const auto size = static_cast<std::uint32_t>(text.size());
  if (text.size() > kMostBytes) return fail(Error::Kind::usage, "The command line is too long for the server");
  iovec part{const_cast<std::uint32_t*>(&size), sizeof(size)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(3 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(3 * sizeof(int));
  std::memcpy(CMSG_DATA(header), streams.data(), 3 * sizeof(int));
  if (sendmsg(connection, &message, MSG_NOSIGNAL) != sizeof(size) || !send_all(connection, text.data(), text.size()))
    return fail(Error::Kind::io, fmt::format("The running server could not be asked: {}", std::strerror(errno)));
  return {};
}

Result<CommandLine> receive_line(int connection, std::array<Descriptor, 3>& streams, int seconds) {
  const timeval limit{seconds, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  std::uint32_t size = 0;
  iovec part{&size, sizeof(size)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(16 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto got = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  const bool has_streams = got > 0 && take_descriptors(message, streams);
  std::string text;
  if (got == sizeof(size) && has_streams && size <= kMostBytes) {
    text.resize(size);
    if (!receive_all(connection, text.data(), size)) text.clear();
  }
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\0', at);
    if (end == std::string::npos) break;
    texts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (texts.size() < 2) return fail(Error::Kind::io, "This is no call of deskhouse");
  return CommandLine{texts[0], texts[1], {texts.begin() + 2, texts.end()}};
}

bool send_answer(int connection, const Answer& answer) {
  const auto size = static_cast<std::uint32_t>(answer.refusal.size());
  std::string bytes(sizeof(answer.exit_code) + sizeof(size), '\0');
  std::memcpy(bytes.data(), &answer.exit_code, sizeof(answer.exit_code));
  std::memcpy(bytes.data() + sizeof(answer.exit_code), &size, sizeof(size));
  bytes += answer.refusal;
  return send_all(connection, bytes.data(), bytes.size());
}

std::optional<Answer> receive_answer(int connection) {
  Answer answer;
  std::uint32_t size = 0;
  if (!receive_all(connection, reinterpret_cast<char*>(&answer.exit_code), sizeof(answer.exit_code)) ||
      !receive_all(connection, reinterpret_cast<char*>(&size), sizeof(size)) || size > kMostBytes)
    return std::nullopt;
  answer.refusal.resize(size);
  if (!receive_all(connection, answer.refusal.data(), size)) return std::nullopt;
  return answer;
}

}  // namespace deskhouse::control
