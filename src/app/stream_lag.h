// How many messages a stream has not read, written where alerts and status look for it (meta.stream_lag).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "warehouse/database.h"

namespace deskhouse::app {

// Thread-safe, but for write(): one thread at a time.
class StreamLag {
 public:
  void saw(std::optional<std::int64_t> lag) {
    if (lag) lag_ = *lag;
  }
  // Writes what was seen, if it is news, in a transaction of its own.
  Status write(warehouse::Connection& connection);

 private:
  std::atomic<std::int64_t> lag_ = -1;
  std::int64_t written_ = -1;
};

}  // namespace deskhouse::app
