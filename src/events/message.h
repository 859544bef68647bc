// Events as they come, and how far they were read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "staging/prepared_files.h"

namespace deskhouse::events {

// Bytes behind a payload that may be read: the JSON parser works on whole vectors.
inline constexpr std::size_t kPadding = 64;

// One message of a partition. The payload lives as long as its MessageBatch.
struct Message {
  std::int32_t place = 0;  // index into MessageBatch::places
  std::int64_t offset = 0;
  std::string_view payload;
};

// A partition of a topic.
struct Place {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const Place&) const = default;
};

// How far a partition was read: what meta.stream_offsets holds.
struct Position {
  Place place;
  std::int64_t next_offset = 0;             // the first that was not read
  std::optional<std::int64_t> fingerprint;  // of the message before it, by which a topic that was made anew is known
};

// Events of one entity of one source that were decoded and staged elsewhere (src/capi).
struct PreparedEvents {
  std::string source, entity;
  staging::PreparedFiles files;
};

// What a log gave at once: messages, or what a cluster made of them. Movable.
struct MessageBatch {
  bool is_empty() const { return messages.empty() && prepared.empty(); }
  std::vector<Place> places;      // all that the log reads; indexes stay what they are
  std::vector<Message> messages;  // of one partition in order of their offsets
  std::vector<Position> read;     // of each partition that moved: how far this batch goes
  std::vector<std::shared_ptr<char[]>> buffers;
  std::size_t bytes = 0;  // of payloads
  std::vector<PreparedEvents> prepared;
  std::string name;  // STREAM/NUMBER of what a cluster prepared: published once (meta.cluster_batches)
  std::int64_t tasks = 0, events = 0;  // of that
};

}  // namespace deskhouse::events
