// Which texts were seen: ids of a list that may have a million of them. Keeps hashes of 64 bits, as the keys of the
// warehouse are, in some 12 to 24 bytes a text. Pure.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace deskhouse::sources {

class FsSeen {
 public:
  // Whether it is new.
  bool insert(std::string_view text) {
    if ((size_ + 1) * 3 > slots_.size() * 2) grow();
    auto& slot = slots_[find(hash_of(text))];
    if (slot != kFree) return false;
    slot = hash_of(text);
    ++size_;
    return true;
  }
  bool contains(std::string_view text) const { return !slots_.empty() && slots_[find(hash_of(text))] != kFree; }
  void clear() {
    slots_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::uint64_t kFree = 0;
  static std::uint64_t hash_of(std::string_view text) {
    const auto hash = XXH3_64bits(text.data(), text.size());
    return hash == kFree ? 1 : hash;
  }
  // The slot that has the hash, or the free one where it belongs.
  std::size_t find(std::uint64_t hash) const {
    auto at = hash & (slots_.size() - 1);
    while (slots_[at] != kFree && slots_[at] != hash) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow() {
    constexpr std::size_t kFirst = 256;
    const auto before = std::exchange(slots_, std::vector<std::uint64_t>(slots_.empty() ? kFirst : slots_.size() * 2));
    for (const auto hash : before)
      if (hash != kFree) slots_[find(hash)] = hash;
  }

  std::vector<std::uint64_t> slots_;  // a power of two of them, at most two thirds taken
  std::size_t size_ = 0;
};

}  // namespace deskhouse::sources
