// Commands that a running server does for other processes (control/call.h), each in a thread of its own, on the streams
// of its caller.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "app/command.h"

namespace deskhouse::control {
class Listener;
}

namespace deskhouse::app {

class CommandHost {
 public:
  // `held`: the project that the server keeps open; null: it is opened for each command. `alone` is locked by whoever
  // writes, and where nothing is held by whoever has the warehouse open. `wrote`: called after each command that might
  // have, while it still holds `alone`. All outlive it.
  static Result<std::unique_ptr<CommandHost>> open(const Globals& globals, FairLock& alone, Project* held,
                                                   std::function<void()> wrote);
  CommandHost(const CommandHost&) = delete;
  // Undoes what is under way, and says so to those who wait.
  ~CommandHost();

 private:
  CommandHost() = default;
  std::unique_ptr<control::Listener> listener_;
};

// Whether this thread runs a command for another process.
bool is_hosted();
// What open_project() gives there: the server's warehouse over a connection of its own. To read: in a transaction that
// can only do that, so that all of it is of one run; else it waits until nobody else writes.
enum class Use { read, read_alone, write };
Result<Project> open_hosted(Use use);
// Puts another connection in place of the project's, which its caller may interrupt as well.
void use_connection(Project& project, warehouse::Connection connection);

}  // namespace deskhouse::app
