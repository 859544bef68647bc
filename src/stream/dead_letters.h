// Where events go that were rejected, beside the quarantine.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/stream.h"

namespace deskhouse::stream {

struct DeadLetter {
  std::string place;  // topic/partition
  std::int64_t offset = 0;
  std::string entity;   // source.entity
  std::string reasons;  // JSON, as in staging.quarantine
  std::string_view raw;
};

// One thread at a time. A letter may come twice after a crash, and none is lost.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  virtual Status send(const DeadLetter& letter) = 0;
  // Waits until every letter has arrived; an error if one did not.
  virtual Status flush() = 0;
};

// The topic stream.dead_letters; null if there is none.
Result<std::unique_ptr<DeadLetters>> make_dead_letters(const config::StreamConfig& stream);

}  // namespace deskhouse::stream
