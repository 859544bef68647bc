#include "config/read_stream.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "schema/catalog.h"

namespace deskhouse::config {

namespace {

constexpr const char* kTopic = "ticket-events";

StreamTopic read_topic(const Section& section, const std::string& name, const std::string& source) {
  StreamTopic topic{.name = name,
                    .source = section.text("source", source),
                    .entity = section.text("entity", "tickets"),
                    .line = section.line()};
  if (schema::find_entity(topic.entity) == nullptr) {
    std::vector<std::string> known;
    for (const auto& entity : schema::entities()) known.emplace_back(entity.name);
    section.problem("entity", fmt::format("'{}' is not an entity{}", topic.entity, did_you_mean(topic.entity, known)));
  }
  if (topic.source.empty()) section.problem("source", "must name the source that the records are of");
  return topic;
}

}  // namespace

StreamConfig read_stream(const Section& section, const std::vector<SourceConfig>& sources) {
  constexpr std::int64_t kMostRows = 10'000'000, kMostBytes = std::int64_t{1} << 30, kLongest = 600'000;
  StreamConfig stream;
  stream.line = section.line();
  stream.brokers = section.text("brokers", "");
  stream.group = section.text("group", stream.group);
  stream.dead_letters = section.text("dead_letters", "");
  stream.password_env = section.text("password_env", "");
  const auto latency = section.text("latency", "normal");
  if (latency == "low")
    stream.use_latency(Latency::low);
  else if (latency != "normal")
    section.problem("latency", fmt::format("'{}' is neither normal nor low", latency));
  stream.max_rows = section.integer("max_rows", stream.max_rows, 1, kMostRows);
  stream.catch_up_rows = section.integer("catch_up_rows", stream.catch_up_rows, 1, kMostRows);
  stream.max_bytes = section.integer("max_bytes", stream.max_bytes, 1, kMostBytes);
  stream.max_wait_ms = section.integer("max_wait_ms", stream.max_wait_ms, 1, kLongest);
  stream.settle_seconds = section.duration_seconds("settle_every").value_or(stream.settle_seconds);
  stream.late_seconds = section.duration_seconds("late_after").value_or(stream.late_seconds);
  const auto properties = section.table("properties");
  for (const auto& name : properties.names())
    if (const auto value = properties.scalar(name)) stream.properties[name] = *value;
  // Most projects have one source; where there are several, somebody has to say which one the events are of.
  const auto source = section.text("source", sources.size() == 1 ? sources.front().name : "desk");
  const auto topics = section.table("topics");
  for (const auto& name : topics.names()) stream.topics.push_back(read_topic(topics.table(name), name, source));
  if (stream.topics.empty())
    stream.topics.push_back({.name = kTopic, .source = source, .entity = "tickets", .line = section.line()});
  const auto spark = section.table("spark");
  stream.spark.master = spark.text("master", "");
  stream.spark.trigger_seconds = spark.duration_seconds("trigger").value_or(stream.spark.trigger_seconds);
  const auto conf = spark.table("conf");
  for (const auto& name : conf.names())
    if (const auto value = conf.scalar(name)) stream.spark.conf[name] = *value;
  for (const auto& topic : stream.topics)
    if (topic.name == stream.dead_letters)
      section.problem("dead_letters", fmt::format("'{}' is also read: its messages would come back", topic.name));
  return stream;
}

}  // namespace deskhouse::config
