// deskhouse publish: sends events to a Kafka topic.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "app/command.h"
#include "app/command_host.h"
#include "app/output.h"
#include "app/stop_signal.h"
#include "base/json_text.h"
#include "demo/live_events.h"
#include "pipeline/records.h"
#include "schema/catalog.h"
#include "stream/producer.h"

namespace deskhouse::app {

namespace {

using Json = nlohmann::json;

struct Options {
  std::string file = "-", table, query, topic, brokers, compression = "gzip", type = "snapshot", key = "id",
              transactional_id;
  std::int64_t demo = 0, seed = 1;  // tickets whose events are invented
  double rate = 0;                  // events a second; 0: as fast as it goes
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

// The next event; none: that was all.
using Events = std::function<Result<std::optional<Event>>()>;

// Of an array that has one element a line.
std::string element_of(std::string_view line) {
  if (line == "[" || line == "]") return {};
  if (line.starts_with('\t')) line.remove_prefix(1);
  if (line.ends_with(',')) line.remove_suffix(1);
  return std::string(line);
}

Events events_of_lines(std::istream& in, bool is_array, const Options& options) {
  return [&in, &options, is_array, number = std::int64_t{0}]() mutable -> Result<std::optional<Event>> {
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (is_array) line = element_of(line);
      if (line.find_first_not_of(" \t\r") != std::string::npos) return event_of(line, number, options);
    }
    return std::nullopt;
  };
}

Result<Events> events_of_demo(const Options& options) {
  constexpr std::int64_t kFewest = 1'000;  // that a desk is invented around
  DH_ASSIGN(auto events, demo::live_events({.folder = ".",
                                            .tickets = std::max(options.demo, kFewest),
                                            .seed = static_cast<std::uint64_t>(options.seed)},
                                           0, options.demo));
  return [events = std::move(events), next = std::size_t{0}]() mutable -> Result<std::optional<Event>> {
    if (next == events.size()) return std::nullopt;
    auto& event = events[next++];
    return Event{std::move(event.ticket), std::move(event.json)};
  };
}

// Of a table of records the columns that an event may have, with times as events have them.
std::string records_of(const std::string& table) {
  constexpr std::string_view kOperational = "operational.";
  const auto* entity = table.starts_with(kOperational)
                           ? schema::find_entity(std::string_view(table).substr(kOperational.size()))
                           : nullptr;
  if (entity == nullptr) return "from " + table;
  std::vector<std::string> columns;
  for (const auto& column : entity->columns)
    columns.push_back(column.type == schema::Type::timestamp
                          ? fmt::format("strftime({0}, '%Y-%m-%dT%H:%M:%S.%fZ') as {0}", column.name)
                          : std::string(column.name));
  return fmt::format("select {} from {}", fmt::join(columns, ", "), table);
}

// The rows of the warehouse as lines of a file of a folder of its own, which holds them while they are sent: the
// warehouse is not kept from others meanwhile, and memory does not depend on how many there are.
class Rows {
 public:
  static Result<Rows> write(const Globals& globals, const Options& options) {
    auto name = (std::filesystem::temp_directory_path() / "deskhouse-publish-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return fail(Error::Kind::io, fmt::format("Cannot create {}", name));
    Rows rows(name);
    DH_ASSIGN(auto project, open_project(globals, true));
    const auto sql = options.table.empty() ? options.query : records_of(options.table);
    DH_TRY(project.warehouse.connection.check_only_reads(sql));
    DH_TRY(project.warehouse.connection.copy(
        sql, {}, {.path = rows.file(), .format = warehouse::FileFormat::json, .is_in_transaction = is_hosted()},
        {.rows = SIZE_MAX, .time = std::chrono::hours(24), .bytes = SIZE_MAX}));
    return rows;
  }
  Rows(Rows&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Rows& operator=(Rows&&) = delete;
  ~Rows() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  std::string file() const { return folder_ / "rows.jsonl"; }

 private:
  explicit Rows(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

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

Status send(const Events& next, stream::Producer& producer, const Options& options, const StopSignal& stop) {
  const bool transactional = !options.transactional_id.empty();
  const Pace pace(options.rate);
  std::int64_t sent = 0;
  bool is_open = false;
  while (!stop.asked()) {
    DH_ASSIGN(const auto event, next());
    if (!event) break;
    pace.wait(sent);
    if (transactional && !is_open) DH_TRY(producer.begin());
    is_open = transactional;
    DH_TRY(producer.send(event->key, event->value));
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
  std::optional<Rows> rows;
  if (!options.table.empty() || !options.query.empty()) {
    DH_ASSIGN(auto written, Rows::write(globals, options));
    rows.emplace(std::move(written));
  }
  const auto path = rows ? rows->file() : options.file;
  if (path != "-") {
    file.open(path);
    if (!file) return fail(Error::Kind::io, fmt::format("Cannot read {}", path));
  }
  auto events = events_of_lines(path == "-" ? std::cin : file, rows.has_value(), options);
  if (options.demo > 0) {
    DH_ASSIGN(events, events_of_demo(options));
  }
  DH_ASSIGN(const auto producer,
            stream::make_producer(stream, topic,
                                  {.compression = options.compression, .transactional_id = options.transactional_id}));
  const auto status = send(events, *producer, options, stop);
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
  auto* table = command->add_option("--table", options->table, "Send the rows of a table of the warehouse instead");
  auto* query = command->add_option("--query", options->query, "Send the rows of a SELECT over the warehouse instead");
  auto* demo = command->add_option("--demo", options->demo, "Send the events of so many invented tickets instead")
                   ->check(CLI::Range(1, 200'000));
  command->add_option("--seed", options->seed, "What --demo invents")->capture_default_str();
  table->excludes(query)->excludes(demo);
  query->excludes(demo);
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
      "and makes the command fail. Rows of a table or query are records by the names of their columns. Invented "
      "events\n"
      "are read by the mapping of a project that `deskhouse demo` made.\n"
      "Example:\n  deskhouse -C my-desk publish tickets.jsonl --topic ticket-events --rate 500\n"
      "  deskhouse -C my-desk publish --table operational.tickets --compression zstd\n"
      "  deskhouse publish --demo 1000 --rate 100 --topic ticket-events --brokers 127.0.0.1:9092");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return publish(globals, *options); }; });
}

}  // namespace deskhouse::app
