#include "sources/sql_server.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/parse.h"

namespace deskhouse::sources {

const std::string& SqlRows::text(std::size_t row, std::size_t column) const {
  DH_ASSERT(rows.at(row).at(column).has_value(), "a column that is never NULL");
  return *rows[row][column];
}

std::int64_t SqlRows::integer(std::size_t row, std::size_t column) const {
  const auto number = parse_integer(text(row, column));
  DH_ASSERT(number.ok(), "a column of whole numbers");
  return number.value;
}

Error SourceName::error(Error::Kind kind, std::string_view message) const {
  const auto place = line > 0 ? fmt::format("deskhouse.toml line {}: ", line) : "";
  return {kind, fmt::format("{}source '{}': {}", place, name, message)};
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' || c == '\t' ? ' ' : c;
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

std::expected<std::string, std::string> read_password(const config::Server& server) {
  if (!server.password_env.empty()) {
    const char* value = std::getenv(server.password_env.c_str());
    if (value == nullptr)
      return std::unexpected(
          fmt::format("the environment variable {} that password_env names is not set; set it to the password",
                      server.password_env));
    return value;
  }
  if (server.password_file.empty()) return std::string();
  const auto file = path_of(server, server.password_file);
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line))
    return std::unexpected(fmt::format(
        "the file {} that password_file names cannot be read or is empty; its first line must be the password", file));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string path_of(const config::Server& server, const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return (server.project / path).string();
}

}  // namespace deskhouse::sources
