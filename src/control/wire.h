// What goes over the control socket: a length, the texts of a command line, each ended by a zero byte, and three
// descriptors; back come an exit code and, where the command was not run, why.
#pragma once

#include <array>

#include "control/call.h"

namespace deskhouse::control {

struct Answer {
  std::int32_t exit_code = 0;
  std::string refusal;  // empty: it was run
};

// A local socket's address may have some 100 bytes, a folder's name more: it is reached through its folder.
class Address {
 public:
  explicit Address(const std::filesystem::path& socket);
  const struct sockaddr* get() const;
  unsigned size() const;
  bool exists() const { return folder_.get() >= 0; }

 private:
  Descriptor folder_;
  alignas(8) std::array<char, 128> bytes_{};
};

Status send_line(int connection, const CommandLine& line, const std::array<int, 3>& streams);
// Whole within `seconds`, or an error.
Result<CommandLine> receive_line(int connection, std::array<Descriptor, 3>& streams, int seconds);
bool send_answer(int connection, const Answer& answer);
// nullopt: the connection ended before.
std::optional<Answer> receive_answer(int connection);

}  // namespace deskhouse::control
