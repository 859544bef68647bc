#include "warehouse/engine_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace deskhouse::warehouse {

namespace {

// The class of the error, which stands first. What comes behind may quote data: a ticket may well be about a disk with
// no space left.
bool is_machines_fault(std::string_view message) {
  constexpr std::string_view kClasses[] = {"IO Error:",
                                           "Out of Memory Error:",
                                           "INTERNAL Error:",
                                           "FATAL Error:",
                                           "TransactionContext Error:",
                                           "Permission Error:",
                                           "Failed to append: Failed to commit:"};
  return std::ranges::any_of(kClasses, [&](std::string_view name) { return message.starts_with(name); });
}

bool mentions(std::string_view message, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return message.find(part) != message.npos; });
}

std::string_view first_line(std::string_view text, std::size_t most) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  return text.substr(0, std::min(text.find('\n'), most));
}

}  // namespace

Error engine_error(std::string_view message, const std::string& path, std::string_view statement) {
  constexpr std::size_t kShownStatement = 160;
  const auto what = first_line(message, message.size());
  const bool machine = is_machines_fault(message);
  // DuckDB gives its temporary files what the disk has left, and calls it memory when that is used up.
  if (machine && mentions(message, {"No space left on device", "Disk quota exceeded", "File too large",
                                    "max_temp_directory_size"}))
    return {
        Error::Kind::io,
        fmt::format("The disk of the warehouse {} is full. What was published before is intact: make room there, or "
                    "put project.warehouse on a larger disk, and do it again. ({})",
                    path, what)};
  if (machine && mentions(message, {"Permission denied", "Read-only file system", "Operation not permitted"}))
    return {Error::Kind::io,
            fmt::format("The warehouse {} cannot be written. Give this user the right to write the file and its "
                        "folder, or put project.warehouse elsewhere. ({})",
                        path, what)};
  if (message.starts_with("Out of Memory Error:"))
    return {Error::Kind::io,
            fmt::format("The warehouse {} needs more memory than project.memory_limit in deskhouse.toml allows; raise "
                        "it and do it again. ({}{})",
                        path, what,
                        statement.empty() ? "" : fmt::format("; in: {}", first_line(statement, kShownStatement)))};
  const auto kind = machine ? Error::Kind::io : Error::Kind::warehouse;
  if (statement.empty()) return {kind, std::string(message)};
  return {kind, fmt::format("{} (in: {})", message, first_line(statement, kShownStatement))};
}

}  // namespace deskhouse::warehouse
