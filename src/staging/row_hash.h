// Hash of a row's canonical values: equal rows hash equal, whatever file, batch or order they came in. NULL
// differs from empty text and 0, and neighbouring texts cannot run into each other.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/values.h"

namespace deskhouse::staging {

class RowHash {
 public:
  void start() { size_ = 0; }
  void add(std::string_view text) { put('t', static_cast<std::int64_t>(text.size()), text); }
  void add(bool value) { put('b', value ? 1 : 0); }
  void add(std::int64_t value) { put('i', value); }
  void add(Decimal value) { put('d', value.units); }
  void add(Timestamp value) { put('s', value.us); }
  void add(Date value) { put('y', value.days); }
  void add(Json value) { put('j', static_cast<std::int64_t>(value.text.size()), value.text); }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value)
      add(*value);
    else
      put('n', 0);
  }
  std::int64_t finish() const { return static_cast<std::int64_t>(XXH3_64bits(buffer_.data(), size_)); }

 private:
  void put(char type, std::int64_t word, std::string_view tail = {}) {
    const auto end = size_ + 1 + sizeof word + tail.size();
    if (end > buffer_.size()) buffer_.resize(end * 2);
    buffer_[size_] = type;
    std::memcpy(buffer_.data() + size_ + 1, &word, sizeof word);
    if (!tail.empty()) std::memcpy(buffer_.data() + size_ + 1 + sizeof word, tail.data(), tail.size());
    size_ = end;
  }
  // Hashing once over a buffer is several times faster than feeding a hash state value by value.
  std::vector<char> buffer_ = std::vector<char>(4096);
  std::size_t size_ = 0;
};

}  // namespace deskhouse::staging
