// Invented events of tickets, and a log in memory that holds them.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "events/fingerprint.h"
#include "stream/log.h"

namespace deskhouse::simulation {

struct Event {
  int ticket = 0;
  std::string data;  // of the ticket, or a part of it
  std::string json;  // the whole message
};

// Versions of tickets, and parts of them if `with_parts`. No two of a ticket are of the same minute: in a batch the
// position would decide, which a log of several partitions does not have. The same seed gives the same events.
std::vector<Event> make_events(std::size_t count, unsigned seed, bool with_parts);

// Partitions of a topic, by ticket; delivered in turns. Remembers nothing of its reader, as Kafka does not.
class HeldLog final : public stream::Log {
 public:
  HeldLog(const std::vector<Event>& events, int partitions) : partitions_(static_cast<std::size_t>(partitions)) {
    for (int i = 0; i < partitions; ++i) places_.push_back({"tickets", i});
    for (const auto& event : events) partitions_[static_cast<std::size_t>(event.ticket % partitions)].push_back(&event);
    next_.resize(partitions_.size());
  }
  const std::string& id() const override { return id_; }
  Status open(const std::vector<stream::Position>& read) override {
    for (const auto& position : read)
      next_[static_cast<std::size_t>(position.place.partition)] = static_cast<std::size_t>(position.next_offset);
    return {};
  }
  Result<stream::MessageBatch> poll(const stream::BatchLimits& limits) override {
    stream::MessageBatch batch{.places = places_};
    for (bool any = true; any && batch.messages.size() < limits.rows;) {
      any = false;
      for (std::size_t p = 0; p < partitions_.size() && batch.messages.size() < limits.rows; ++p)
        if (next_[p] < partitions_[p].size()) {
          give(p, batch);
          any = true;
        }
    }
    for (std::size_t p = 0; p < partitions_.size(); ++p)
      if (std::ranges::any_of(batch.messages, [&](const auto& m) { return m.place == static_cast<int>(p); }))
        batch.read.push_back(
            {places_[p], static_cast<std::int64_t>(next_[p]), stream::fingerprint(partitions_[p][next_[p] - 1]->json)});
    return batch;
  }
  bool at_end() const override { return lag() == 0; }
  std::optional<std::int64_t> lag() const override {
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < partitions_.size(); ++p)
      sum += static_cast<std::int64_t>(partitions_[p].size() - next_[p]);
    return sum;
  }
  void show(const std::vector<stream::Position>&) override {}

 private:
  void give(std::size_t partition, stream::MessageBatch& batch) {
    const auto& json = partitions_[partition][next_[partition]]->json;
    auto copy = std::make_shared<char[]>(json.size() + events::kPadding);
    std::memcpy(copy.get(), json.data(), json.size());
    batch.messages.push_back({static_cast<std::int32_t>(partition),
                              static_cast<std::int64_t>(next_[partition]++),
                              {copy.get(), json.size()}});
    batch.buffers.push_back(std::move(copy));
    batch.bytes += json.size();
  }

  std::vector<std::vector<const Event*>> partitions_;
  std::vector<std::size_t> next_;
  std::vector<stream::Place> places_;
  const std::string id_ = "held";
};

}  // namespace deskhouse::simulation
