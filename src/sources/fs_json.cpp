#include "sources/fs_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json_text.h"
#include "base/parse.h"

namespace deskhouse::sources {
namespace {

namespace dom = simdjson::dom;
namespace od = simdjson::ondemand;

std::string_view trimmed(std::string_view token) {
  const auto last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last + 1);
}

std::optional<std::string> text_of(dom::element value) {
  if (value.is_null()) return std::nullopt;
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);
}

std::optional<Timestamp> time_of(dom::object object, std::string_view name) {
  std::string_view text;
  if (object[name].get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return parse_iso_timestamp(text);
}

FsObject described(std::string text) {
  FsObject object{.text = std::move(text), .id = {}, .updated_at = {}, .created_at = {}};
  dom::parser parser;
  dom::object members;
  if (parser.parse(object.text).get_object().get(members) != simdjson::SUCCESS) return object;
  dom::element id;
  if (members["id"].get(id) == simdjson::SUCCESS) object.id = text_of(id).value_or("");
  object.updated_at = time_of(members, "updated_at");
  object.created_at = time_of(members, "created_at");
  return object;
}

// The text of a value as it was sent; what is left of the document is not read.
std::string_view raw_text(od::value value) {
  std::string_view text;
  od::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return {};
  if (type == od::json_type::object) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(text) != simdjson::SUCCESS)
      return {};
    return trimmed(text);
  }
  if (type == od::json_type::array) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS || array.raw_json().get(text) != simdjson::SUCCESS) return {};
    return trimmed(text);
  }
  return trimmed(value.raw_json_token());
}

// cost_21000855267 -> cost
std::string_view stem_of(std::string_view name) {
  constexpr std::size_t kLeastDigits = 5;
  const auto last = name.find_last_not_of("0123456789");
  if (last == std::string_view::npos || name[last] != '_' || name.size() - last - 1 < kLeastDigits) return name;
  return name.substr(0, last);
}

}  // namespace

std::optional<std::vector<FsObject>> fs_list(const std::string& body, std::string_view name) {
  const simdjson::padded_string padded(body);
  od::parser parser;
  od::document document;
  od::array array;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.find_field_unordered(name).get_array().get(array) != simdjson::SUCCESS)
    return std::nullopt;
  std::vector<FsObject> objects;
  for (auto element : array) {
    od::value value;
    if (std::move(element).get(value) != simdjson::SUCCESS) return std::nullopt;
    objects.push_back(described(std::string(raw_text(value))));
  }
  return objects;
}

std::optional<FsObject> fs_object(const std::string& body, std::string_view name) {
  const simdjson::padded_string padded(body);
  od::parser parser;
  od::document document;
  od::value value;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.find_field_unordered(name).get(value) != simdjson::SUCCESS)
    return std::nullopt;
  std::string text(raw_text(value));
  if (!text.starts_with('{')) return std::nullopt;
  return described(std::move(text));
}

std::string fs_with_members(std::string_view object, const std::vector<std::pair<std::string, std::string>>& members) {
  std::string text = "{";
  for (const auto& [name, value] : members)
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", json_text(name), value);
  auto rest = object.substr(object.find('{') + 1);
  const auto first = rest.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && rest[first] != '}' && text.size() > 1) text += ',';
  return text.append(rest);
}

std::string fs_without_type_numbers(const std::string& asset) {
  const simdjson::padded_string padded(asset);
  od::parser parser;
  od::document document;
  od::object fields;
  std::string_view before;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.find_field_unordered("type_fields").get_object().get(fields) != simdjson::SUCCESS ||
      fields.raw_json().get(before) != simdjson::SUCCESS || fields.reset().error() != simdjson::SUCCESS)
    return asset;
  const auto begin = static_cast<std::size_t>(before.data() - padded.data());
  const auto size = trimmed(before).size();
  std::string after = "{";
  for (auto item : fields) {
    std::string_view name;
    od::value value;
    if (item.unescaped_key().get(name) != simdjson::SUCCESS) return asset;
    std::string key = json_text(stem_of(name));
    if (item.value().get(value) != simdjson::SUCCESS) return asset;
    after += fmt::format("{}{}:{}", after.size() > 1 ? "," : "", key, raw_text(value));
  }
  return asset.substr(0, begin) + after + "}" + asset.substr(begin + size);
}

std::optional<std::int64_t> fs_minutes(std::string_view text) {
  constexpr std::int64_t kMinutes = 60;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hours = parse_integer(text.substr(0, colon)), minutes = parse_integer(text.substr(colon + 1));
  if (!hours.ok() || !minutes.ok() || hours.value < 0 || minutes.value < 0 || minutes.value >= kMinutes)
    return std::nullopt;
  return hours.value * kMinutes + minutes.value;
}

std::optional<std::string> fs_member(const std::string& object, std::string_view name) {
  dom::parser parser;
  dom::element value;
  if (parser.parse(object)[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return text_of(value);
}

}  // namespace deskhouse::sources
