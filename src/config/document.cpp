#include "config/document.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace deskhouse::config {
namespace {

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value value;
  for (const auto& [key, member] : table) value.members.push_back({std::string(key.str()), convert(member)});
  // The library sorts by name; messages should come in the order of the file.
  std::stable_sort(value.members.begin(), value.members.end(),
                   [](const auto& a, const auto& b) { return a.value.line < b.value.line; });
  return value;
}

template <class T>
std::string written(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Value convert(const toml::node& node) {
  Value value;
  if (const auto* table = node.as_table()) value = convert_table(*table);
  if (const auto* list = node.as_array()) {
    value.kind = Kind::list;
    for (const auto& item : *list) value.items.push_back(convert(item));
  }
  if (const auto* text = node.as_string()) value = {.kind = Kind::text, .text = text->get()};
  if (const auto* integer = node.as_integer())
    value = {.kind = Kind::integer, .text = fmt::to_string(integer->get()), .integer = integer->get()};
  if (const auto* number = node.as_floating_point())
    value = {.kind = Kind::number, .text = fmt::to_string(number->get())};
  if (const auto* boolean = node.as_boolean())
    value = {.kind = Kind::boolean, .text = boolean->get() ? "true" : "false", .boolean = boolean->get()};
  if (const auto* date = node.as_date()) value = {.kind = Kind::date, .text = written(date->get())};
  if (const auto* time = node.as_date_time()) value = {.kind = Kind::date, .text = written(time->get())};
  if (const auto* time = node.as_time()) value = {.kind = Kind::date, .text = written(time->get())};
  value.line = static_cast<int>(node.source().begin.line);
  return value;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

Result<Value> parse_document(std::string_view text, std::string_view file) {
  const auto parsed = toml::parse(text, file);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail(Error::Kind::config, fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  return convert(parsed.table());
}

}  // namespace deskhouse::config
