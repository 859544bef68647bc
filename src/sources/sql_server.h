// What sessions with a database server share: rows of small queries, passwords, and sentences for users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace deskhouse::sources {

// Rows of a query as text; nullopt is NULL.
struct SqlRows {
  std::vector<std::vector<std::optional<std::string>>> rows;
  const std::string& text(std::size_t row, std::size_t column) const;  // REQUIRES not NULL
  std::int64_t integer(std::size_t row, std::size_t column) const;     // REQUIRES a whole number
};

// Which source an error is about, as deskhouse.toml names it.
struct SourceName {
  std::string name;
  int line = 0;  // 0: not in a file
  Error error(Error::Kind kind, std::string_view message) const;
};

// What a library or server says, on one line and without its full stop.
std::string one_line(std::string_view text);

// What password_env or password_file gives; empty if neither is named. `whose`: "role".
Result<std::string> read_password(const config::Server& server, const std::string& whose);

// A path of the server's keys: relative ones are relative to the project folder. Empty stays empty.
std::string path_of(const config::Server& server, const std::string& path);

}  // namespace deskhouse::sources
