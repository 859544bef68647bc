// A program that we start, read line by line and wait for. It does not outlive us: if we die, however, it is told to
// end.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace deskhouse::app {

struct ChildEnd {
  int code = 0;        // of exit; of a signal: -signal
  std::string errors;  // the last of what it wrote to standard error, 64 KiB at most
};

// Runs `arguments` (the first is the program, looked for in PATH) with `environment` added to ours. `line` gets each
// line of its standard output; `stop` is asked some times a second, and if it says so the program is ended.
Result<ChildEnd> run_child(const std::vector<std::string>& arguments,
                           const std::vector<std::pair<std::string, std::string>>& environment,
                           const std::function<void(const std::string&)>& line, const std::function<bool()>& stop);

}  // namespace deskhouse::app
