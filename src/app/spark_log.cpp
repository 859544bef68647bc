#include "app/spark_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "app/log.h"
#include "app/spark_submit.h"
#include "stream/kafka_log.h"

namespace deskhouse::app {

namespace {

using nlohmann::json;
using stream::MessageBatch;
using stream::Place;
using stream::Position;
namespace fs = std::filesystem;

// What brokers want to know of a client, in the words of the one in Java.
Result<json> kafka_options(const config::StreamConfig& stream) {
  json options = {{"kafka.bootstrap.servers", stream.brokers}};
  std::string mechanism = "PLAIN", user;
  for (const auto& [name, value] : stream.properties) {
    if (name == "security.protocol") {
      options["kafka.security.protocol"] = value;
    } else if (name == "sasl.mechanism" || name == "sasl.mechanisms") {
      options["kafka.sasl.mechanism"] = mechanism = value;
    } else if (name == "sasl.username") {
      user = value;
    } else if (name == "ssl.ca.location") {
      options["kafka.ssl.truststore.type"] = "PEM";
      options["kafka.ssl.truststore.location"] = value;
    } else {
      return fail(
          Error::Kind::config,
          fmt::format("deskhouse.toml: stream.properties: {} is not known where a Spark cluster reads; it takes "
                      "security.protocol, sasl.mechanism, sasl.username and ssl.ca.location",
                      name));
    }
  }
  if (user.empty()) return options;
  const auto* password = stream.password_env.empty() ? nullptr : std::getenv(stream.password_env.c_str());
  const auto module = mechanism.starts_with("SCRAM") ? "scram.ScramLoginModule" : "plain.PlainLoginModule";
  options["kafka.sasl.jaas.config"] =
      fmt::format("org.apache.kafka.common.security.{} required username={} password={};", module, json(user).dump(),
                  json(password == nullptr ? "" : password).dump());
  return options;
}

class SparkLog final : public stream::Log {
 public:
  SparkLog(const config::Config& config, const StreamLogOptions& options, SparkJob job,
           std::unique_ptr<stream::Log> brokers)
      : config_(config), options_(options), job_(std::move(job)), brokers_(std::move(brokers)) {}

  ~SparkLog() override {
    driver_.reset();
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  const std::string& id() const override { return brokers_->id(); }

  Status open(const std::vector<Position>& read) override {
    driver_.reset();
    is_at_end_ = false;
    known_.clear();
    for (const auto& position : read) known_[position.place] = position;
    DH_ASSIGN(const auto places, look_at_topics(read));
    return submit(places);
  }

  Result<MessageBatch> poll(const stream::BatchLimits& limits) override {
    json said;
    while (true) {
      if (driver_->is_over()) return ended();
      const auto line = driver_->next_line(static_cast<int>(limits.wait_ms));
      if (!line) return MessageBatch{};
      if (job_.hear(*line, said) && said.contains("manifest"))
        return read_manifest(said["manifest"].get<std::string>());
    }
  }

  bool at_end() const override { return is_at_end_; }
  std::optional<std::int64_t> lag() const override { return lag_; }

  void show(const std::vector<Position>& published) override {
    brokers_->show(published);
    acknowledge();
  }

 private:
  // The topics are those that were read: as a stream of this process finds out. Which partitions they have.
  Result<std::vector<Place>> look_at_topics(const std::vector<Position>& read) const {
    DH_ASSIGN(const auto log, stream::make_kafka_log(config_.stream, {}));
    DH_TRY(log->open(read));
    constexpr std::int64_t kLookMs = 1'000;
    DH_ASSIGN(const auto looked, log->poll({.rows = 1, .bytes = 1, .wait_ms = kLookMs}));
    return looked.places;
  }

  Status submit(const std::vector<Place>& places) {
    const auto root = beside_data(config_, ".events");
    std::error_code error;
    // One process writes to the warehouse, and that is us: what lies beside the checkpoint is of streams that died.
    for (fs::directory_iterator at(root, error), end; !error && at != end; at.increment(error))
      if (at->path().filename() != kCheckpoint) fs::remove_all(at->path(), error);
    folder_ = root / new_name();
    fs::create_directories(folder_, error);
    if (error)
      return fail(Error::Kind::io, fmt::format("Cannot make the folder {}: {}", folder_.string(), error.message()));
    DH_ASSIGN(const auto text, read_text(config_.file));
    DH_ASSIGN(auto kafka, kafka_options(config_.stream));
    json topics = json::array(), start = json::object(), read = json::object();
    for (const auto& topic : config_.stream.topics)
      topics.push_back({{"name", topic.name}, {"source", topic.source}, {"entity", topic.entity}});
    constexpr std::int64_t kEarliest = -2;  // as Spark writes it
    for (const auto& place : places) {
      const auto known = known_.find(place);
      const auto partition = std::to_string(place.partition);
      start[place.topic][partition] = known == known_.end() ? kEarliest : known->second.next_offset;
      if (known != known_.end()) read[place.topic][partition] = known->second.next_offset;
    }
    const json plan = {{"config", text},
                       {"project", fs::absolute(config_.project).string()},
                       {"folder", folder_.string()},
                       {"checkpoint", (root / kCheckpoint).string()},
                       {"library", job_.library()},
                       {"kafka", std::move(kafka)},
                       {"topics", std::move(topics)},
                       {"start", std::move(start)},
                       {"read", std::move(read)},
                       {"most_events", config_.stream.catch_up_rows},
                       {"trigger_seconds", config_.stream.spark.trigger_seconds},
                       {"until_end", options_.until_end}};
    log(Level::info, fmt::format("Spark at {}: starting", job_.master().url));
    DH_ASSIGN(driver_, job_.submit(plan, folder_ / "plan.json", "deskhouse stream"));
    return wait_for_start();
  }

  // What is wrong with a cluster is an error of open(), after which who reads waits longer each time.
  Status wait_for_start() {
    constexpr int kWaitMs = 200;
    json said;
    while (!(options_.stop && options_.stop())) {
      if (driver_->is_over()) return std::unexpected(why_it_ended(driver_->wait()));
      const auto line = driver_->next_line(kWaitMs);
      if (line && job_.hear(*line, said) && said.contains("started")) return {};
    }
    return {};
  }

  Error why_it_ended(const ChildEnd& end) const {
    return {Error::Kind::io, fmt::format("Spark at {} does not read the events {}\nWhat was published is kept, and "
                                         "reading goes on from there: run again.",
                                         job_.master().url, job_.why(end))};
  }

  Result<MessageBatch> ended() {
    const auto end = driver_->wait();
    is_at_end_ = options_.until_end && end.code == 0;
    if (is_at_end_) return MessageBatch{};
    return std::unexpected(why_it_ended(end));
  }

  Result<MessageBatch> read_manifest(const fs::path& file) {
    DH_ASSIGN(const auto text, read_text(file));
    const auto manifest = json::parse(text, nullptr, false);
    if (!manifest.is_object())
      return fail(Error::Kind::io, fmt::format("{} is not what stream.py writes", file.string()));
    number_ = manifest.at("number").get<std::int64_t>();
    lag_.reset();
    if (manifest.at("lag").is_number()) lag_ = manifest.at("lag").get<std::int64_t>();
    MessageBatch batch;
    batch.name = manifest.at("name").get<std::string>();
    batch.events = manifest.at("events").get<std::int64_t>();
    batch.tasks = manifest.at("spark_tasks").get<std::int64_t>();
    std::map<Place, std::pair<std::int64_t, std::int64_t>> last;  // offset and fingerprint
    for (const auto& task : manifest.at("tasks")) {
      const auto source = task.at("source").get<std::string>(), entity = task.at("entity").get<std::string>();
      auto at =
          std::ranges::find_if(batch.prepared, [&](const auto& p) { return p.source == source && p.entity == entity; });
      if (at == batch.prepared.end()) at = batch.prepared.insert(at, {source, entity, {}});
      add_files(task, manifest.at("folder").get<std::string>(), at->files);
      for (const auto& place : task.at("summary").at("places"))
        last[{place.at("topic").get<std::string>(), place.at("partition").get<std::int32_t>()}] = {
            place.at("offset").get<std::int64_t>(), place.at("fingerprint").get<std::int64_t>()};
    }
    for (const auto& [topic, partitions] : manifest.at("end").items())
      for (const auto& [partition, offset] : partitions.items())
        move_to({{topic, std::atoi(partition.c_str())}, offset.get<std::int64_t>(), {}}, last, batch);
    // Of transactions alone, that were given up, there is nothing to publish.
    if (batch.events == 0) {
      acknowledge();
      return MessageBatch{};
    }
    return batch;
  }

  void move_to(Position position, const std::map<Place, std::pair<std::int64_t, std::int64_t>>& last,
               MessageBatch& batch) {
    const auto known = known_.find(position.place);
    if (known != known_.end() && known->second.next_offset == position.next_offset) return;
    const auto message = last.find(position.place);
    if (message != last.end() && message->second.first + 1 == position.next_offset)
      position.fingerprint = message->second.second;
    known_[position.place] = position;
    batch.read.push_back(std::move(position));
  }

  // The driver waits for this number.
  void acknowledge() const {
    const auto target = folder_ / "published", part = folder_ / "published.part";
    std::ofstream(part) << number_.load() << "\n";
    std::error_code ignored;  // a driver that is not told ends with us, and is told by what the warehouse says
    fs::rename(part, target, ignored);
  }

  static constexpr const char* kCheckpoint = "checkpoint";
  const config::Config& config_;
  const StreamLogOptions options_;
  SparkJob job_;
  std::unique_ptr<stream::Log> brokers_;  // reads nothing: who they are, and what they are shown
  fs::path folder_;                       // of what this process has prepared
  std::unique_ptr<Child> driver_;
  std::map<Place, Position> known_;
  std::atomic<std::int64_t> number_ = -1;  // of the latest micro-batch
  std::optional<std::int64_t> lag_;
  bool is_at_end_ = false;
};

}  // namespace

Result<std::unique_ptr<stream::Log>> make_stream_log(const config::Config& config, const StreamLogOptions& options) {
  const auto& spark = config.stream.spark;
  if (spark.master.empty()) return stream::make_kafka_log(config.stream, {.accept_loss = options.accept_loss});
  if (options.accept_loss)
    return fail(Error::Kind::usage,
                "--accept-loss is decided once, without a cluster: deskhouse stream --engine embedded --until-end "
                "--accept-loss; the cluster then goes on from there");
  SparkMaster master{.url = spark.master, .settings = {}};
  for (const auto& [name, value] : spark.conf) master.settings.push_back(name + "=" + value);
  DH_ASSIGN(auto job, SparkJob::find(std::move(master), "stream.py"));
  auto brokers = config.stream;
  brokers.topics.clear();
  DH_ASSIGN(auto shown, stream::make_kafka_log(brokers, {}));
  return std::make_unique<SparkLog>(config, options, std::move(job), std::move(shown));
}

}  // namespace deskhouse::app
