#include "stream/producer.h"

#include <fmt/format.h>

#include "stream/dead_letters.h"
#include "stream/kafka_client.h"

namespace deskhouse::stream {

namespace {

constexpr int kPatienceMs = 120'000;  // librdkafka's own limit for a message is the same
constexpr int kTransactionMs = 30'000;

class KafkaProducer final : public Producer {
 public:
  KafkaProducer(config::StreamConfig stream, std::string topic)
      : stream_(std::move(stream)), topic_(std::move(topic)) {}

  Status connect(const ProducerOptions& options) {
    Owned<rd_kafka_conf_t> conf;
    if (options.transactional_id.empty()) {
      DH_ASSIGN(conf, kafka_conf(stream_, {{"enable.idempotence", "true"},
                                           {"acks", "all"},
                                           {"linger.ms", "5"},
                                           {"compression.codec", options.compression}}));
    } else {
      DH_ASSIGN(conf, kafka_conf(stream_, {{"enable.idempotence", "true"},
                                           {"acks", "all"},
                                           {"linger.ms", "5"},
                                           {"compression.codec", options.compression},
                                           {"transactional.id", options.transactional_id}}));
    }
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), count);
    DH_ASSIGN(client_, kafka_client(RD_KAFKA_PRODUCER, std::move(conf)));
    DH_TRY(cluster_id(stream_, client_.get()));
    return options.transactional_id.empty()
               ? Status{}
               : check(rd_kafka_init_transactions(client_.get(), kTransactionMs), "beginning to use transactions");
  }

  Status send(std::string_view key, std::string_view value, const Headers& headers) override {
    while (true) {
      Owned<rd_kafka_headers_t> list(rd_kafka_headers_new(headers.size()));
      for (const auto& [name, text] : headers)
        rd_kafka_header_add(list.get(), name.c_str(), -1, text.data(), static_cast<ssize_t>(text.size()));
      // The library copies key and value; the headers are its own from a successful call on.
      const auto code =
          rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_KEY(key.data(), key.size()),
                            RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),  // NOLINT: it is copied
                            RD_KAFKA_V_HEADERS(list.get()), RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)list.release();
        rd_kafka_poll(client_.get(), 0);
        return {};
      }
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return kafka_error(stream_, "sending to " + topic_, code);
      constexpr int kUntilThereIsRoomMs = 100;
      rd_kafka_poll(client_.get(), kUntilThereIsRoomMs);
    }
  }

  Status flush() override {
    const auto code = rd_kafka_flush(client_.get(), kPatienceMs);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(stream_, "waiting for acknowledgements", code);
    if (delivered_.failed == 0) return {};
    return fail(Error::Kind::source,
                fmt::format("Kafka at {}: {} messages for {} were not delivered, {} were: {}", stream_.brokers,
                            delivered_.failed, topic_, delivered_.acknowledged, delivered_.first_error));
  }

  Delivered delivered() const override { return delivered_; }
  Status begin() override { return check(rd_kafka_begin_transaction(client_.get()), "beginning a transaction"); }
  Status commit() override {
    DH_TRY(flush());
    return check(rd_kafka_commit_transaction(client_.get(), kTransactionMs), "committing a transaction");
  }
  Status abort() override {
    return check(rd_kafka_abort_transaction(client_.get(), kTransactionMs), "aborting a transaction");
  }

 private:
  // Called by rd_kafka_poll and rd_kafka_flush, on our thread.
  static void count(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& delivered = static_cast<KafkaProducer*>(opaque)->delivered_;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++delivered.acknowledged;
      return;
    }
    if (delivered.failed++ == 0) delivered.first_error = rd_kafka_err2str(message->err);
  }

  Status check(rd_kafka_error_t* error, std::string_view doing) const {
    if (error == nullptr) return {};
    const auto failed = fail(Error::Kind::source,
                             fmt::format("Kafka at {}: {}: {}", stream_.brokers, doing, rd_kafka_error_string(error)));
    rd_kafka_error_destroy(error);
    return failed;
  }

  const config::StreamConfig stream_;
  const std::string topic_;
  Delivered delivered_;
  Owned<rd_kafka_t> client_;
};

class DeadLetterTopic final : public DeadLetters {
 public:
  explicit DeadLetterTopic(std::unique_ptr<Producer> producer) : producer_(std::move(producer)) {}
  Status send(const DeadLetter& letter) override {
    return producer_->send(letter.place, letter.raw,
                           {{"deskhouse.place", letter.place},
                            {"deskhouse.offset", std::to_string(letter.offset)},
                            {"deskhouse.entity", letter.entity},
                            {"deskhouse.reasons", letter.reasons}});
  }
  Status flush() override { return producer_->flush(); }

 private:
  std::unique_ptr<Producer> producer_;
};

}  // namespace

Result<std::unique_ptr<Producer>> make_producer(const config::StreamConfig& stream, const std::string& topic,
                                                const ProducerOptions& options) {
  auto producer = std::make_unique<KafkaProducer>(stream, topic);
  DH_TRY(producer->connect(options));
  return producer;
}

Result<std::unique_ptr<DeadLetters>> make_dead_letters(const config::StreamConfig& stream) {
  if (stream.dead_letters.empty()) return nullptr;
  DH_ASSIGN(auto producer, make_producer(stream, stream.dead_letters, {}));
  return std::make_unique<DeadLetterTopic>(std::move(producer));
}

}  // namespace deskhouse::stream
