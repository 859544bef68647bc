// What a receiver of the C functions sees.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "capi/deskhouse_core.h"

namespace deskhouse {

// A message, or what is empty where there was no error; freed.
inline std::string message(char* text) {
  std::string out = text == nullptr ? "" : text;
  deskhouse_core_free(text);
  return out;
}

// A table.
struct Taken {
  ArrowArray array{};
  ArrowSchema schema{};
  Taken(deskhouse_core* core, const char* table) {
    EXPECT_EQ(deskhouse_core_take(core, table, &array, &schema), nullptr);
  }
  ~Taken() {
    array.release(&array);
    schema.release(&schema);
  }
  std::int64_t column(const std::string& name) const {
    for (std::int64_t c = 0; c < schema.n_children; ++c)
      if (schema.children[c]->name == name) return c;
    ADD_FAILURE() << "no column " << name;
    return 0;
  }
  bool is_null(const std::string& name, std::int64_t row) const {
    const auto* bits = static_cast<const std::uint8_t*>(array.children[column(name)]->buffers[0]);
    return bits != nullptr && (bits[row / 8] >> (row % 8) & 1) == 0;
  }
  std::string text(const std::string& name, std::int64_t row) const {
    const auto* child = array.children[column(name)];
    const auto* ends = static_cast<const std::int32_t*>(child->buffers[1]);
    return {static_cast<const char*>(child->buffers[2]) + ends[row],
            static_cast<std::size_t>(ends[row + 1] - ends[row])};
  }
  template <class T = std::int64_t>
  T number(const std::string& name, std::int64_t row) const {
    return static_cast<const T*>(array.children[column(name)]->buffers[1])[row];
  }
};

}  // namespace deskhouse
