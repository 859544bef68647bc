#include "app/sections.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/console.h"
#include "base/json_text.h"

namespace deskhouse::app {

void Sections::rows(std::string_view key, std::string_view title, const warehouse::Rows& rows, std::string_view none) {
  part(key, title, table_of(rows), rows.row_count() == 0, json_of(rows), none);
}

void Sections::table(std::string_view key, std::string_view title, const TextTable& table, std::string_view none) {
  part(key, title, table_of(table), table.rows.empty(), json_of(table), none);
}

void Sections::part(std::string_view key, std::string_view title, std::string table, bool empty, std::string json,
                    std::string_view none) {
  value(key, std::move(json));
  if (empty && none.empty()) return;
  if (!text_.empty()) text_ += "\n";
  if (empty) {
    text_ += fmt::format("{}\n", none);
    return;
  }
  if (!title.empty()) text_ += fmt::format("{}\n", title);
  text_ += table;
}

void Sections::value(std::string_view key, std::string json) {
  members_.push_back(fmt::format("{}: {}", json_text(key), json));
}

void Sections::note(std::string_view text) {
  text_ += fmt::format("{}{}\n", text_.empty() ? "" : "\n", text);
}

void Sections::print(bool as_json) const {
  const auto out = as_json ? fmt::format("{{{}}}\n", fmt::join(members_, ",\n ")) : text_;
  std::fwrite(out.data(), 1, out.size(), console().out);
}

}  // namespace deskhouse::app
