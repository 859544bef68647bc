// The SQL of models/ and checks/ as it was when the binary was built. The build generates the definition
// (cmake/Embed.cmake), so that the binary runs without the checkout. Immutable, thread-safe.
#pragma once

#include <span>
#include <string_view>

namespace deskhouse::models {

struct EmbeddedFile {
  std::string_view path;  // relative to the repository: "models/core/fact_tickets.sql"
  std::string_view text;  // the whole file
};

// Every .sql and .toml file under models/ and checks/, sorted by path. Lives as long as the program.
std::span<const EmbeddedFile> embedded_files();

}  // namespace deskhouse::models
