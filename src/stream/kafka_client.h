// What consumer and producer share of librdkafka: configuration, errors, ownership.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "config/stream.h"

namespace deskhouse::stream {

struct KafkaDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
template <class T>
using Owned = std::unique_ptr<T, KafkaDeleter>;

// Ours first, then what [stream] says: brokers, properties, the password.
using Settings = std::initializer_list<std::pair<const char*, std::string>>;
Result<Owned<rd_kafka_conf_t>> kafka_conf(const config::StreamConfig& stream, const Settings& ours);
Result<Owned<rd_kafka_t>> kafka_client(rd_kafka_type_t type, Owned<rd_kafka_conf_t> conf);

// "brokers a:1, b:2: Local: Timed out"
std::unexpected<Error> kafka_error(const config::StreamConfig& stream, std::string_view doing,
                                   rd_kafka_resp_err_t code);

// "cluster"; fails where no broker answers in time, or one refuses who asks.
Result<std::string> cluster_id(const config::StreamConfig& stream, rd_kafka_t* client);

}  // namespace deskhouse::stream
