// Where events come from: an ordered log of messages by partition that remembers nothing of its reader. Kafka is one
// (kafka_log.h), the invented desk of `deskhouse demo --stream` another.
#pragma once

#include <vector>

#include "base/result.h"
#include "stream/events.h"

namespace deskhouse::stream {

// When a batch ends; each is a bound.
struct BatchLimits {
  std::size_t rows, bytes;
  std::int64_t wait_ms;  // after its first message; a poll that finds nothing takes as long
};

// One thread at a time.
class Log {
 public:
  virtual ~Log() = default;
  // What tells one cluster from another. Known after open.
  virtual const std::string& id() const = 0;
  // Starts behind `read`, if need be once more; partitions that are not in it from their beginning. An error if that
  // cannot be done without leaving something out: the messages are gone, or the topic is another one of the same name.
  virtual Status open(const std::vector<Position>& read) = 0;
  // The next messages; none if nothing came in time. An error is one that does not pass by itself.
  virtual Result<MessageBatch> poll(const BatchLimits& limits) = 0;
  // Whether everything was given that was there when the log was opened, or at some time after.
  virtual bool at_end() const = 0;
  // Messages that are there and were not given; none: not known yet.
  virtual std::optional<std::int64_t> lag() const = 0;
  // What is published, so that others can see it. Nothing depends on it. From any thread.
  virtual void show(const std::vector<Position>& published) = 0;
};

}  // namespace deskhouse::stream
