// The peer: a librdkafka consumer that reads every message of a topic and counts. count BROKERS TOPIC PARTITIONS
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  char why[512];
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", static_cast<const char*>(argv[1])},
                                    {"group.id", "count"},
                                    {"enable.partition.eof", "true"},
                                    {"enable.auto.commit", "false"},
                                    {"queued.min.messages", "100000"},
                                    {"queued.max.messages.kbytes", "32768"}})
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) return 1;
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  rd_kafka_poll_set_consumer(client);
  const int partitions = std::atoi(argv[3]);
  auto* list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = 0;
  rd_kafka_assign(client, list);
  auto* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> got(2000);
  long count = 0;
  for (int ended = 0; ended < partitions;) {
    const auto some = rd_kafka_consume_batch_queue(queue, 100, got.data(), got.size());
    for (ssize_t i = 0; i < some; ++i) {
      if (got[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
      count += got[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
      rd_kafka_message_destroy(got[i]);
    }
  }
  std::printf("%ld\n", count);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return 0;
}
