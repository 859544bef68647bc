#include <fmt/format.h>

#include "config/config.h"
#include "config/keys.h"

namespace deskhouse::config {
namespace {

// "sla.policies[].groups" -> "[[sla.policies]]"
std::string table_header(std::string_view path) {
  const auto table = path.substr(0, path.rfind('.'));
  const bool list = table.ends_with("[]");
  std::string name;
  for (const char c : table)
    if (c != '[' && c != ']') name += c;
  return list ? fmt::format("[[{}]]", name) : fmt::format("[{}]", name);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string reference_page() {
  std::string page =
      "# deskhouse.toml\n\n"
      "Generated from the table of keys in `src/config/keys.cpp` by `deskhouse docs`. Names in capitals "
      "stand for a\n"
      "name of yours (NAME), an entity or field of `docs/tables.md` (ENTITY, FIELD), Low to Critical "
      "(PRIORITY), or\n"
      "monday to sunday and weekdays (WEEKDAY). An unknown key is an error that says where it is and what "
      "was meant.\n";
  std::string header;
  for (const auto& key : keys()) {
    if (const auto next = table_header(key.path); next != header) {
      header = next;
      page += fmt::format("\n## {}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", header);
    }
    const auto name = key.path.substr(key.path.rfind('.') + 1);
    page += fmt::format("| `{}` | {} | {} | {} |\n", name, escaped(describe(key.type)), escaped(key.fallback),
                        escaped(key.doc));
  }
  page += fmt::format("\n## What `deskhouse init` writes\n\n```toml\n{}```\n", example_toml());
  return page;
}

}  // namespace deskhouse::config
