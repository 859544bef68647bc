#include "stream/kafka_client.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>

namespace deskhouse::stream {

namespace {

constexpr std::chrono::seconds kAnswer{15};
constexpr int kLookMs = 100;

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> message{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), message.data(), message.size()) == RD_KAFKA_CONF_OK)
    return {};
  return fail(Error::Kind::config, fmt::format("deskhouse.toml: stream.properties: {}", message.data()));
}

// What brokers refuse, such as a password: told while a client is polled, so by the thread that does.
thread_local std::string* refusal = nullptr;
void hear(rd_kafka_t*, int code, const char* reason, void*) {
  const bool is_refusal = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
  if (is_refusal && refusal != nullptr) *refusal = reason;
}

// Errors of brokers come back from the calls that need them; the library would also print them.
void say_nothing(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

Result<Owned<rd_kafka_conf_t>> kafka_conf(const config::StreamConfig& stream, const Settings& ours) {
  if (stream.brokers.empty())
    return fail(Error::Kind::config,
                "deskhouse.toml names no brokers: write [stream] brokers = \"host:9092\" (docs/config.md)");
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), say_nothing);
  rd_kafka_conf_set_error_cb(conf.get(), hear);
  DH_TRY(set(conf.get(), "bootstrap.servers", stream.brokers));
  DH_TRY(set(conf.get(), "client.id", "deskhouse"));
  for (const auto& [name, value] : ours) DH_TRY(set(conf.get(), name, value));
  for (const auto& [name, value] : stream.properties) DH_TRY(set(conf.get(), name, value));
  if (stream.password_env.empty()) return conf;
  const char* password = std::getenv(stream.password_env.c_str());
  if (password == nullptr)
    return fail(
        Error::Kind::config,
        fmt::format("stream.password_env names the environment variable {}, which is not set", stream.password_env));
  DH_TRY(set(conf.get(), "sasl.password", password));
  return conf;
}

Result<Owned<rd_kafka_t>> kafka_client(rd_kafka_type_t type, Owned<rd_kafka_conf_t> conf) {
  std::array<char, 512> message{};
  Owned<rd_kafka_t> client(rd_kafka_new(type, conf.get(), message.data(), message.size()));
  if (!client) return fail(Error::Kind::config, fmt::format("deskhouse.toml: [stream]: {}", message.data()));
  (void)conf.release();  // it is the client's
  return client;
}

std::unexpected<Error> kafka_error(const config::StreamConfig& stream, std::string_view doing,
                                   rd_kafka_resp_err_t code) {
  return fail(Error::Kind::source, fmt::format("Kafka at {}: {}: {}", stream.brokers, doing, rd_kafka_err2str(code)));
}

Result<std::string> cluster_id(const config::StreamConfig& stream, rd_kafka_t* client) {
  std::string refused;
  refusal = &refused;
  const auto until = std::chrono::steady_clock::now() + kAnswer;
  std::unique_ptr<char, void (*)(char*)> id(nullptr, [](char* text) { std::free(text); });
  while (!id && refused.empty() && std::chrono::steady_clock::now() < until) {
    // What asks connects: who only waits for the id is connected by a timer of the library, after a second.
    const rd_kafka_metadata_t* brokers = nullptr;
    if (rd_kafka_metadata(client, 0, nullptr, &brokers, kLookMs) == RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(brokers);
    id.reset(rd_kafka_clusterid(client, 0));
    rd_kafka_poll(client, 0);
  }
  refusal = nullptr;
  if (id) return std::string(id.get());
  if (!refused.empty())
    return fail(Error::Kind::source,
                fmt::format("Kafka at {} refuses this client: {}. Look at stream.properties of deskhouse.toml{}",
                            stream.brokers, refused,
                            stream.password_env.empty() ? "" : " and at the password in " + stream.password_env));
  return fail(Error::Kind::source,
              fmt::format("Kafka at {}: no broker answers within {} s. Is it running, and may this machine reach it?",
                          stream.brokers, kAnswer.count()));
}

}  // namespace deskhouse::stream
