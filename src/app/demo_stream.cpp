#include "app/demo_stream.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "app/live_view.h"
#include "app/stop_signal.h"
#include "demo/live_events.h"
#include "events/fingerprint.h"
#include "stream/kafka_log.h"
#include "stream/producer.h"

namespace deskhouse::app {

namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* kTopic = "ticket-events";
constexpr std::size_t kWindows = 12;

// How many events are due so long after the start.
class Rate {
 public:
  explicit Rate(double per_second) : per_second_(per_second), start_(Clock::now()) {}
  std::size_t due(std::size_t all) const {
    if (per_second_ <= 0) return all;
    const std::chrono::duration<double> passed = Clock::now() - start_;
    return std::min(all, static_cast<std::size_t>(passed.count() * per_second_));
  }

 private:
  double per_second_;
  Clock::time_point start_;
};

// The events as one partition that begins where the reader left it.
class EventLog final : public stream::Log {
 public:
  EventLog(std::vector<demo::LiveEvent> events, std::string id, double rate)
      : events_(std::move(events)), id_(std::move(id)), rate_(rate) {}
  const std::string& id() const override { return id_; }
  Status open(const std::vector<stream::Position>& read) override {
    for (const auto& position : read) next_ = static_cast<std::size_t>(position.next_offset);
    return {};
  }
  Result<stream::MessageBatch> poll(const stream::BatchLimits& limits) override {
    stream::MessageBatch batch{.places = {{kTopic, 0}}};
    const auto until = Clock::now() + std::chrono::milliseconds(limits.wait_ms);
    if (next_ < events_.size() && rate_.due(events_.size()) < events_.size()) std::this_thread::sleep_until(until);
    const auto end = std::min({rate_.due(events_.size()), next_ + limits.rows, events_.size()});
    for (; next_ < end && batch.bytes < limits.bytes; ++next_) {
      const auto& json = events_[next_].json;
      batch.buffers.push_back(std::make_shared<char[]>(json.size() + events::kPadding));
      char* copy = batch.buffers.back().get();
      std::memcpy(copy, json.data(), json.size());
      batch.messages.push_back({0, static_cast<std::int64_t>(next_), {copy, json.size()}});
      batch.bytes += json.size();
    }
    if (!batch.messages.empty())
      batch.read.push_back(
          {batch.places.front(), static_cast<std::int64_t>(next_), stream::fingerprint(batch.messages.back().payload)});
    return batch;
  }
  bool at_end() const override { return next_ == events_.size(); }
  std::optional<std::int64_t> lag() const override {
    return static_cast<std::int64_t>(rate_.due(events_.size())) - static_cast<std::int64_t>(next_);
  }
  void show(const std::vector<stream::Position>&) override {}

 private:
  const std::vector<demo::LiveEvent> events_;
  const std::string id_;
  Rate rate_;
  std::size_t next_ = 0;
};

Status publish(const config::StreamConfig& stream, const std::vector<demo::LiveEvent>& events) {
  DH_ASSIGN(const auto producer, stream::make_producer(stream, kTopic, {}));
  for (const auto& event : events) DH_TRY(producer->send(event.ticket, event.json));
  return producer->flush();
}

}  // namespace

Result<stream::EngineProgress> stream_demo(const demo::Options& base, Timestamp as_of, const DemoStream& options) {
  const StopSignal stop;
  DH_ASSIGN(auto config, config::load(base.folder));
  config.stream.topics = {{.name = kTopic, .source = "demo", .entity = "tickets"}};
  DH_ASSIGN(auto events, demo::live_events(base, base.tickets / 20, base.tickets / 200));
  std::unique_ptr<stream::Log> log;
  if (options.brokers.empty()) {
    log =
        std::make_unique<EventLog>(std::move(events), fmt::format("demo-{}-{}", base.tickets, base.seed), options.rate);
  } else {
    config.stream.brokers = options.brokers;
    DH_TRY(publish(config.stream, events));
    DH_ASSIGN(log, stream::make_kafka_log(config.stream, {}));
  }
  DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
  stream::LiveMetrics live(config.stream.late_seconds);
  stream::EngineHooks hooks{.stop = [&] { return stop.asked(); }, .opened = {}, .published = {}, .settled = {}};
  if (!options.is_quiet)
    hooks.published = [&](const auto& progress, const auto&) {
      show_live(draw_live(live.snapshot(kWindows), progress));
    };
  return stream::run_stream(config, warehouse, *log, {.live = &live},
                            {.as_of = Timestamp{as_of.us + kMicrosPerDay}, .until_end = true}, hooks);
}

}  // namespace deskhouse::app
