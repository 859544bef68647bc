// What happens, a line each: for people, information on standard output and the rest on standard error; or as JSON
// objects (--log-format json), all on standard error. Text from outside is one line and cannot steer a terminal in
// either form.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace deskhouse::app {

enum class Level { info, warning, error };
enum class LogFormat { text, json };

// For the whole process, before the first thread; in a command that a server runs for another process, for that.
void set_log_format(LogFormat format);
LogFormat log_format();

using LogValue = std::variant<std::string, std::int64_t, double>;
using LogFields = std::vector<std::pair<std::string_view, LogValue>>;

// Text: "2024-03-05T14:07:09Z message"; JSON: {"time", "level", "message", and the fields}. Thread-safe.
void log(Level level, std::string_view message, const LogFields& fields = {});
// {"time":...}, as it is written.
std::string log_json(std::string_view time, Level level, std::string_view message, const LogFields& fields);

// The number of the run that is under way, or was last; it goes into each JSON line. 0: none.
void set_log_run(std::int64_t run_id);

}  // namespace deskhouse::app
