#include "sources/json_record.h"

#include <algorithm>
#include <limits>

namespace deskhouse::sources {
namespace {

using simdjson::error_code;

std::string_view without_trailing_space(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last + 1);
}

// JSON's grammar of numbers. Not simdjson's: it refuses valid ones that no machine type holds, and we keep
// the text.
bool is_number(std::string_view text) {
  const auto digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.starts_with('0');
  const std::size_t before = text.size();
  if (!digits() || (leading_zero && before - text.size() > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!digits()) return false;
  }
  return text.empty();
}

error_code literal_error(std::string_view token) {
  if (token == "true" || token == "false" || is_number(token)) return simdjson::SUCCESS;
  if (token.starts_with('t')) return simdjson::T_ATOM_ERROR;
  if (token.starts_with('f')) return simdjson::F_ATOM_ERROR;
  if (token.starts_with('n')) return simdjson::N_ATOM_ERROR;
  return simdjson::NUMBER_ERROR;
}

}  // namespace

JsonRecords::JsonRecords(const std::vector<std::string>& columns)
    : columns_(columns),
      root_(json_paths(columns)),
      seen_(columns.size()),
      present_(columns.size()),
      kinds_(columns.size()),
      rank_(columns.size()) {}

Defect JsonRecords::read(std::string_view text, std::size_t padding, RawField* fields, TextArena& arena) {
  fields_ = fields;
  arena_ = &arena;
  value_defect_ = {};
  std::ranges::fill(rank_, std::numeric_limits<int>::max());
  const error_code error = read_document(text, padding);
  if (parser_.capacity() > kKeptCapacity) parser_ = simdjson::ondemand::parser();
  if (error == simdjson::INCORRECT_TYPE) {
    return {"", "not a JSON object; JSON Lines have one object on each line"};
  }
  if (error != simdjson::SUCCESS) return {"", std::string("invalid JSON: ") + simdjson::error_message(error)};
  if (value_defect_.reason.empty())
    for (std::size_t i = 0; i < rank_.size(); ++i) present_[i] += rank_[i] != std::numeric_limits<int>::max() ? 1 : 0;
  return std::move(value_defect_);
}

error_code JsonRecords::read_document(std::string_view text, std::size_t padding) {
  simdjson::ondemand::document document;
  if (const error_code e = parser_.iterate(text.data(), text.size(), text.size() + padding).get(document)) return e;
  Object object;
  if (const error_code e = document.get_object().get(object)) return e;
  if (const error_code e = read_object(object, &root_, 0)) return e;
  // The library's way to say that nothing is left.
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

error_code JsonRecords::read_object(Object& object, JsonPathNode* node, int depth) {
  if (depth > kMaxDepth) return simdjson::DEPTH_ERROR;
  for (auto item : object) {
    simdjson::ondemand::field field;
    if (const error_code e = std::move(item).get(field)) return e;
    std::string_view name;
    if (const error_code e = field.unescaped_key().get(name)) return e;
    const JsonKey* key = node ? find_key(node, name, depth) : nullptr;
    if (const error_code e = read_value(field.value(), key, depth)) return e;
  }
  return simdjson::SUCCESS;
}

const JsonKey* JsonRecords::find_key(JsonPathNode* node, std::string_view name, int depth) {
  const auto found = node->keys.find(name);
  if (found != node->keys.end()) return &found->second;
  if (depth > 0 || unmapped_.size() >= kMaxUnmapped) return nullptr;
  unmapped_.emplace_back(name);
  // Remembered as a key that leads nowhere, so that the next record finds it at once.
  return &node->keys.emplace(name, JsonKey()).first->second;
}

error_code JsonRecords::read_value(Value& value, const JsonKey* key, int depth) {
  simdjson::ondemand::json_type type;
  if (const error_code e = value.type().get(type)) return e;
  switch (type) {
    case simdjson::ondemand::json_type::object:
      return read_nested(value, key, depth);
    case simdjson::ondemand::json_type::array:
      return read_array(value, key, depth);
    default:
      return read_scalar(value, key);
  }
}

error_code JsonRecords::read_nested(Value& value, const JsonKey* key, int depth) {
  Object object;
  if (const error_code e = value.get_object().get(object)) return e;
  if (key && !key->leaves.empty()) {
    std::string_view text;
    if (const error_code e = object.raw_json().get(text)) return e;
    assign(key, without_trailing_space(text), Kind::object);
    if (const error_code e = object.reset().error()) return e;
  }
  return read_object(object, key ? key->child.get() : nullptr, depth + 1);
}

error_code JsonRecords::read_array(Value& value, const JsonKey* key, int depth) {
  if (depth >= kMaxDepth) return simdjson::DEPTH_ERROR;
  simdjson::ondemand::array array;
  if (const error_code e = value.get_array().get(array)) return e;
  if (key && !key->leaves.empty()) {
    std::string_view text;
    if (const error_code e = array.raw_json().get(text)) return e;
    assign(key, without_trailing_space(text), Kind::list);
    if (const error_code e = array.reset().error()) return e;
  }
  JsonPathNode* node = key ? key->child.get() : nullptr;
  std::size_t index = 0;
  for (auto item : array) {
    Value element;
    if (const error_code e = std::move(item).get(element)) return e;
    const JsonKey* wanted = node ? find_key(node, std::to_string(index++), depth + 1) : nullptr;
    if (const error_code e = read_value(element, wanted, depth + 1)) return e;
  }
  return simdjson::SUCCESS;
}

error_code JsonRecords::read_scalar(Value& value, const JsonKey* key) {
  const std::string_view token = without_trailing_space(value.raw_json_token());
  if (token.starts_with('"')) return read_string(value, token, key);
  if (token == "null") {
    assign(key, RawField(), Kind::null);
    return simdjson::SUCCESS;
  }
  if (const error_code e = literal_error(token)) return e;
  assign(key, token, token == "true" || token == "false" ? Kind::boolean : Kind::number);
  return simdjson::SUCCESS;
}

error_code JsonRecords::read_string(Value& value, std::string_view token, const JsonKey* key) {
  std::string_view text = token.substr(1, token.size() - 2);
  if (text.find('\\') != std::string_view::npos) {
    // Also where nobody wants it: an invalid escape makes the record invalid.
    if (const error_code e = value.get_string().get(text)) return e;
    if (!key || key->leaves.empty()) return simdjson::SUCCESS;
    if (text.find('\0') != std::string_view::npos) {
      value_defect_ = {columns_[key->leaves.front().column], "contains a NUL character"};
    }
    text = arena_->keep(text);
  }
  assign(key, text, Kind::text);
  return simdjson::SUCCESS;
}

std::string JsonRecords::kinds(std::size_t column) const {
  static constexpr std::string_view kNames[] = {"null", "boolean", "list", "number", "object", "text"};
  std::string all;
  for (std::size_t kind = 1; kind < std::size(kNames); ++kind)
    if ((kinds_[column] >> kind & 1) != 0) all += (all.empty() ? "" : " or ") + std::string(kNames[kind]);
  return all;
}

void JsonRecords::assign(const JsonKey* key, RawField field, Kind kind) {
  if (!key) return;
  for (const JsonKey::Leaf& leaf : key->leaves) {
    seen_[leaf.column] = true;
    kinds_[leaf.column] |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
    if (leaf.rank > rank_[leaf.column]) continue;
    rank_[leaf.column] = leaf.rank;
    fields_[leaf.column] = field;
  }
}

}  // namespace deskhouse::sources
