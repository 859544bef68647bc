#include "sources/sql_server.h"

#include <fmt/format.h>

#include "base/parse.h"
#include "sources/secret.h"

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

Result<std::string> read_password(const config::Server& server, const std::string& whose) {
  return read_secret({.env_key = "password_env",
                      .env = server.password_env,
                      .file_key = "password_file",
                      .file = server.password_file,
                      .project = server.project,
                      .what = "the password of the " + whose});
}

std::string path_of(const config::Server& server, const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return (server.project / path).string();
}

}  // namespace deskhouse::sources
