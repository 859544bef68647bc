// Small texts that belong to a batch: values that are not verbatim in the input (unescaped, converted).
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "sources/source.h"

namespace deskhouse::sources {

// Appends texts to buffers of one batch, which must outlive the arena. A kept text is never a null view.
class TextArena {
 public:
  explicit TextArena(RawBatch& batch) : batch_(batch) {}

  // `size` writable bytes; give back what was not needed with shrink().
  char* allocate(std::size_t size) {
    if (size > left_ || !at_) {
      const std::size_t chunk = std::max(size, kChunkBytes);
      batch_.buffers.push_back(std::make_shared_for_overwrite<char[]>(chunk));
      at_ = batch_.buffers.back().get();
      left_ = chunk;
    }
    char* result = at_;
    at_ += size;
    left_ -= size;
    return result;
  }
  // Gives back the last `unused` bytes of the latest allocation.
  void shrink(std::size_t unused) {
    at_ -= unused;
    left_ += unused;
  }
  std::string_view keep(std::string_view text) {
    char* copy = allocate(text.size());
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

 private:
  static constexpr std::size_t kChunkBytes = 64 << 10;
  RawBatch& batch_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace deskhouse::sources
