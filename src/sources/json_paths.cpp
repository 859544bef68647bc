#include "sources/json_paths.h"

namespace deskhouse::sources {

JsonPathNode json_paths(const std::vector<std::string>& columns) {
  JsonPathNode root;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    JsonPathNode* node = &root;
    std::string_view rest = columns[column];
    for (int rank = 0;; ++rank) {
      node->keys[std::string(rest)].leaves.push_back({column, rank});
      const std::size_t dot = rest.find('.');
      if (dot == std::string_view::npos) break;
      JsonKey& key = node->keys[std::string(rest.substr(0, dot))];
      if (!key.child) key.child = std::make_unique<JsonPathNode>();
      node = key.child.get();
      rest.remove_prefix(dot + 1);
    }
  }
  return root;
}

}  // namespace deskhouse::sources
