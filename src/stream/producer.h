// Sends messages to a topic of a Kafka cluster: idempotent, acknowledged by all replicas, each delivery counted.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/stream.h"

namespace deskhouse::stream {

struct ProducerOptions {
  std::string compression = "gzip";  // none, gzip, lz4, zstd, snappy
  std::string transactional_id;      // empty: no transactions
};

struct Delivered {
  std::int64_t acknowledged = 0, failed = 0;
  std::string first_error;  // of those that failed
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// One thread at a time. Nothing that was sent is unaccounted for: after flush(), sent = acknowledged + failed.
class Producer {
 public:
  virtual ~Producer() = default;
  // Waits while the queue is full.
  virtual Status send(std::string_view key, std::string_view value, const Headers& headers = {}) = 0;
  // Waits for all acknowledgements; an error if a message was not delivered.
  virtual Status flush() = 0;
  virtual Delivered delivered() const = 0;
  // REQUIRES a transactional_id. What is sent between them is seen whole or not at all.
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual Status abort() = 0;
};

Result<std::unique_ptr<Producer>> make_producer(const config::StreamConfig& stream, const std::string& topic,
                                                const ProducerOptions& options);

}  // namespace deskhouse::stream
