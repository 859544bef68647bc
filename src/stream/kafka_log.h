// Topics of a Kafka cluster as a Log. All partitions are read by this process, from where the warehouse says: one
// warehouse has one writer, whose lock on the file is the fence (docs/decisions/0030).
#pragma once

#include <memory>

#include "config/stream.h"
#include "stream/log.h"

namespace deskhouse::stream {

struct KafkaOptions {
  bool accept_loss = false;  // what cannot be read any more is left out: go on with the oldest that is there
};

Result<std::unique_ptr<Log>> make_kafka_log(const config::StreamConfig& stream, const KafkaOptions& options);

}  // namespace deskhouse::stream
