// A TOML file as a plain tree with line numbers. Hides the TOML library: its header is slow to compile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deskhouse::config {

enum class Kind { table, list, text, integer, number, boolean, date };

struct Member;

struct Value {
  Kind kind = Kind::table;
  int line = 0;      // 1-based
  std::string text;  // as it is, or as written by the scalar's canonical form ("5", "12.5", "true", "2024-05-05")
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Value> items;     // of a list, in order
  std::vector<Member> members;  // of a table, in the order of their lines

  const Value* find(std::string_view key) const;  // nullptr if absent or not a table
};

struct Member {
  std::string name;
  Value value;
};

// Fails with "FILE:LINE: what the TOML grammar expected".
Result<Value> parse_document(std::string_view text, std::string_view file);

}  // namespace deskhouse::config
