// Copies of payloads, as the JSON parser wants them: each with kPadding bytes behind it that may be read.
#pragma once

#include <algorithm>
#include <cstring>

#include "events/message.h"

namespace deskhouse::events {

// Appends to the buffers of a batch, which outlives it.
class Payloads {
 public:
  explicit Payloads(MessageBatch& batch) : batch_(batch) {}
  std::string_view keep(std::string_view payload) {
    const auto needed = payload.size() + kPadding;
    if (needed > left_) {
      const auto chunk = std::max(needed, kChunkBytes);
      batch_.buffers.push_back(std::make_shared_for_overwrite<char[]>(chunk));
      at_ = batch_.buffers.back().get();
      left_ = chunk;
    }
    char* copy = at_;
    if (!payload.empty()) std::memcpy(copy, payload.data(), payload.size());
    std::memset(copy + payload.size(), 0, kPadding);
    at_ += needed;
    left_ -= needed;
    return {copy, payload.size()};
  }

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  MessageBatch& batch_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace deskhouse::events
