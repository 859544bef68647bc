// Which keys of a JSON object lead to which wanted columns.
//
// A column is a path of keys with dots between. A key that itself has dots matches as the whole rest of a
// path, and goes before the nested one: "stats.resolved_at" is first the key of that name, then resolved_at
// inside stats. In a list the key is the place of the element, from 0: "group_ids.0".
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace deskhouse::sources {

struct JsonPathNode;

struct JsonKey {
  struct Leaf {
    std::size_t column;  // index into the wanted columns
    int rank;            // number of keys before this one: the least wins
  };
  std::vector<Leaf> leaves;             // wanted columns that end at this key
  std::unique_ptr<JsonPathNode> child;  // for those that go on inside it; null if none do
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct JsonPathNode {
  std::unordered_map<std::string, JsonKey, TextHash, std::equal_to<>> keys;
};

JsonPathNode json_paths(const std::vector<std::string>& columns);

}  // namespace deskhouse::sources
