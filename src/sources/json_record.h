// One JSON object, checked completely, as the fields of a record.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sources/json_paths.h"
#include "sources/source.h"
#include "sources/text_arena.h"

namespace deskhouse::sources {

// One thread at a time.
class JsonRecords {
 public:
  explicit JsonRecords(const std::vector<std::string>& columns);

  // Reads `text`, which must be one JSON object; `padding` bytes behind it are readable (REQUIRES at least
  // simdjson::SIMDJSON_PADDING). Fills `fields`, one per column and NULL before, with views into `text` or
  // `arena`. The defect has no reason if all is well; else some fields may have been filled.
  Defect read(std::string_view text, std::size_t padding, RawField* fields, TextArena& arena);

  // Keys of the objects themselves (not of objects inside) that lead to no column, in order of appearance; at
  // most kMaxUnmapped, since keys may be data.
  const std::vector<std::string>& unmapped() const { return unmapped_; }
  const std::vector<bool>& seen() const { return seen_; }
  // Of each column: in how many records it was, NULL or not; and of which kinds it was there: "number", "number or
  // text"; empty if it was always NULL.
  const std::vector<std::int64_t>& present() const { return present_; }
  std::string kinds(std::size_t column) const;

  static constexpr std::size_t kMaxUnmapped = 1000;

 private:
  enum class Kind : std::uint8_t { null, boolean, list, number, object, text };
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;
  // Nested deeper is refused, since reading recurses.
  static constexpr int kMaxDepth = 256;
  // A parser that has grown beyond this is not kept: it takes several times the size of its largest record.
  static constexpr std::size_t kKeptCapacity = 4 << 20;

  // The error of the record, or SUCCESS. `node` is null where nothing is wanted.
  simdjson::error_code read_document(std::string_view text, std::size_t padding);
  simdjson::error_code read_object(Object& object, JsonPathNode* node, int depth);
  simdjson::error_code read_value(Value& value, const JsonKey* key, int depth);
  simdjson::error_code read_array(Value& value, const JsonKey* key, int depth);
  simdjson::error_code read_nested(Value& value, const JsonKey* key, int depth);
  simdjson::error_code read_scalar(Value& value, const JsonKey* key);
  simdjson::error_code read_string(Value& value, std::string_view token, const JsonKey* key);
  const JsonKey* find_key(JsonPathNode* node, std::string_view name, int depth);
  void assign(const JsonKey* key, RawField field, Kind kind);

  const std::vector<std::string> columns_;
  JsonPathNode root_;
  std::vector<std::string> unmapped_;
  std::vector<bool> seen_;
  std::vector<std::int64_t> present_;
  std::vector<std::uint8_t> kinds_;  // bits, 1 << Kind
  simdjson::ondemand::parser parser_;
  // Of the record that is being read:
  RawField* fields_ = nullptr;
  TextArena* arena_ = nullptr;
  std::vector<int> rank_;  // of the key that filled the column
  Defect value_defect_;    // valid JSON that cannot be used
};

}  // namespace deskhouse::sources
