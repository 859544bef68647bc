// [stream]: where events come from, and which mapping reads them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace deskhouse::config {

// One topic: its events are about records of one entity of one source. The mapping of [sources.SOURCE.ENTITY] reads
// the event's data, so that a batch of the same records gives the same rows; without one, columns have the names of
// the canonical fields.
struct StreamTopic {
  std::string name;
  std::string source, entity;
  int line = 0;
};

enum class Latency { normal, low };

// A Spark cluster that reads, decodes and validates the events (docs/spark.md).
struct SparkStream {
  std::string master;                       // spark://HOST:PORT; empty: this process does it
  std::int64_t trigger_seconds = 10;        // from the beginning of one micro-batch to that of the next
  std::map<std::string, std::string> conf;  // of spark-submit --conf
};

struct StreamConfig {
  // Low: small micro-batches that leave their models to runs that follow (docs/decisions/0057). Sets what depends on
  // it.
  void use_latency(Latency wanted) {
    constexpr std::int64_t kLowWaitMs = 2, kLowSettleSeconds = 30;
    latency = wanted;
    max_wait_ms = wanted == Latency::low ? kLowWaitMs : StreamConfig().max_wait_ms;
    settle_seconds = wanted == Latency::low ? kLowSettleSeconds : StreamConfig().settle_seconds;
  }

  Latency latency = Latency::normal;
  std::string brokers;                            // host:port, several with commas; empty: no stream
  std::string group = "deskhouse";                // under which brokers show how far we are
  std::string dead_letters;                       // topic for what was quarantined; empty: none
  std::string password_env;                       // environment variable with the value of sasl.password
  std::map<std::string, std::string> properties;  // of librdkafka, such as security.protocol
  std::int64_t max_rows = 50'000;                 // a micro-batch ends with so many events,
  std::int64_t max_bytes = 32 << 20;              // so many bytes of them,
  std::int64_t max_wait_ms = 200;                 // or so long after its first one
  std::int64_t catch_up_rows = 2'000'000;         // of one that has more than one behind it: so many instead
  std::int64_t settle_seconds = 10;               // what a micro-batch leaves follows so long after it
  std::int64_t late_seconds = 300;                // a window of live metrics is final so long after its end
  std::vector<StreamTopic> topics;                // by name
  SparkStream spark;
  int line = 0;
};

}  // namespace deskhouse::config
