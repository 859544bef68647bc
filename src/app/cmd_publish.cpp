// deskhouse publish: sends events to a Kafka topic.
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/command.h"
#include "app/output.h"
#include "app/stop_signal.h"
#include "base/json_text.h"
#include "pipeline/records.h"
#include "stream/producer.h"

namespace deskhouse::app {

namespace {

using Json = nlohmann::json;

struct Options {
  std::string file = "-", topic, brokers, compression = "gzip", type = "snapshot", key = "id", transactional_id;
  double rate = 0;  // events a second; 0: as fast as it goes
  std::int64_t transaction_events = 1'000;
};

// A line that is an event goes as it is; another object becomes the data of one.
struct Event {
  std::string key, value;
};

Result<Event> event_of(const std::string& line, std::int64_t number, const Options& options) {
  const auto parsed = Json::parse(line, nullptr, false);
  if (!parsed.is_object())
    return fail(Error::Kind::usage,
                fmt::format("{}:{}: not a JSON object: {}", options.file, number, printable(line.substr(0, 100))));
  const bool is_event = parsed.contains("event_type") && parsed.contains("data");
  const auto& data = is_event ? parsed["data"] : parsed;
  const auto id = data.is_object() ? data.find(options.key) : data.end();
  if (!data.is_object() || id == data.end())
    return fail(Error::Kind::usage, fmt::format("{}:{}: there is no '{}', which is the key of the message; name "
                                                "another one with --key",
                                                options.file, number, options.key));
  Event event{id->is_string() ? id->get<std::string>() : id->dump(), line};
  if (!is_event)
    event.value = fmt::format("{{\"event_type\":{},\"timestamp\":\"{}\",\"data\":{}}}", json_text(options.type),
                              to_string(pipeline::now()), line);
  return event;
}

// Lets pass so many a second, in even steps.
class Pace {
 public:
  explicit Pace(double rate) : rate_(rate), started_(std::chrono::steady_clock::now()) {}
  void wait(std::int64_t sent) const {
    if (rate_ > 0)
      std::this_thread::sleep_until(started_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                   std::chrono::duration<double>(static_cast<double>(sent) / rate_)));
  }

 private:
  double rate_;
  std::chrono::steady_clock::time_point started_;
};

Status send_lines(std::istream& in, stream::Producer& producer, const Options& options, const StopSignal& stop) {
  const bool transactional = !options.transactional_id.empty();
  const Pace pace(options.rate);
  std::int64_t number = 0, sent = 0;
  bool is_open = false;
  for (std::string line; !stop.asked() && std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    DH_ASSIGN(const auto event, event_of(line, number, options));
    pace.wait(sent);
    if (transactional && !is_open) DH_TRY(producer.begin());
    is_open = transactional;
    DH_TRY(producer.send(event.key, event.value));
    if (is_open && ++sent % options.transaction_events == 0) {
      DH_TRY(producer.commit());
      is_open = false;
    } else if (!transactional) {
      ++sent;
    }
  }
  return is_open ? producer.commit() : producer.flush();
}

Outcome publish(const Globals& globals, const Options& options) {
  const StopSignal stop;
  config::StreamConfig stream;
  if (options.brokers.empty() || options.topic.empty()) {
    DH_ASSIGN(const auto config, config::load(globals.folder()));
    stream = config.stream;
  }
  if (!options.brokers.empty()) stream.brokers = options.brokers;
  const auto topic = options.topic.empty() ? stream.topics.front().name : options.topic;
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) return fail(Error::Kind::io, fmt::format("Cannot read {}", options.file));
  }
  DH_ASSIGN(const auto producer,
            stream::make_producer(stream, topic,
                                  {.compression = options.compression, .transactional_id = options.transactional_id}));
  const auto status = send_lines(options.file == "-" ? std::cin : file, *producer, options, stop);
  // What was sent before a mistake is on its way: it is counted too.
  const auto flushed = producer->flush();
  const auto delivered = producer->delivered();
  if (globals.json)
    fmt::print("{{\"topic\":{},\"acknowledged\":{},\"failed\":{}}}\n", json_text(topic), delivered.acknowledged,
               delivered.failed);
  else if (!globals.quiet)
    fmt::print("{}: {} acknowledged, {} failed\n", topic, grouped(delivered.acknowledged), grouped(delivered.failed));
  DH_TRY(status);
  DH_TRY(flushed);
  return 0;
}

}  // namespace

void add_publish(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("publish", "Send events to a Kafka topic");
  command->add_option("file", options->file, "JSON Lines to send; - is standard input")->capture_default_str();
  command->add_option("--topic", options->topic, "Topic, instead of the first of [stream]");
  command->add_option("--brokers", options->brokers, "Kafka brokers, instead of stream.brokers");
  command->add_option("--type", options->type, "event_type of lines that are records, not events")
      ->capture_default_str();
  command->add_option("--key", options->key, "Member of the data that is the message's key")->capture_default_str();
  command->add_option("--rate", options->rate, "Events a second; 0: as fast as it goes")->check(CLI::NonNegativeNumber);
  command->add_option("--compression", options->compression, "none, gzip, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "lz4", "zstd"}))
      ->capture_default_str();
  command->add_option("--transactional-id", options->transactional_id,
                      "Send in transactions under this name, which one producer at a time may use");
  command->add_option("--transaction-events", options->transaction_events, "Events of a transaction")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->footer(
      "A line is an event, {\"event_type\": ..., \"timestamp\": ..., \"data\": {...}}, or a record, which becomes the "
      "data\n"
      "of one of now. Each message is acknowledged by all replicas and sent once; what was not delivered is counted\n"
      "and makes the command fail.\n"
      "Example:\n  deskhouse -C my-desk publish tickets.jsonl --topic ticket-events --rate 500");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return publish(globals, *options); }; });
}

}  // namespace deskhouse::app
