// From messages to raw records: {"event_type": ..., "timestamp": ..., "data": {...}}, where the mapping of the entity
// reads `data` as it reads a record of a batch. What cannot be an event becomes a record with a defect, which staging
// puts into quarantine with its bytes. Pure; one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "events/document.h"
#include "events/message.h"
#include "sources/json_record.h"
#include "staging/plan.h"

namespace deskhouse::events {

// The mapping that reads a topic's events.
config::EntityMapping mapping_of(const config::Config& config, const config::StreamTopic& topic);

// An event that says a part of its record.
struct PartialEvent {
  std::string id;
  std::int64_t key = 0;  // of the record
  std::string type;      // as we call it: created, updated, deleted, ...
  SeenEvent event;
};

// The events of one topic out of a MessageBatch.
struct Decoded {
  std::vector<sources::RawBatch> whole;  // documents that stand for themselves, and what is for quarantine
  std::vector<PartialEvent> partial;
};

class Decoder {
 public:
  // `mapping` as deskhouse.toml has it.
  static Result<std::unique_ptr<Decoder>> make(const config::EntityMapping& mapping);
  ~Decoder();  // where simdjson is set up as for all else of it
  // The mapping as events need it: a document without updated_at has that of its event.
  const config::EntityMapping& mapping() const { return mapping_; }
  // Appends messages of one topic, in order of partition and offset.
  void decode(const std::vector<const Message*>& messages, const MessageBatch& from, Decoded& out);

  // The document of a record that decode() gave, every column stated; none if it will be rejected. `key` is set if the
  // record has an id.
  std::optional<SeenEvent> read_whole(const sources::RawBatch& batch, const sources::RawRecord& record);
  std::optional<std::int64_t> key_of(const sources::RawBatch& batch, const sources::RawRecord& record);
  const schema::TableInfo& entity() const { return *entity_; }

 private:
  Decoder(config::EntityMapping mapping, staging::Plan plan);
  struct Envelope {
    std::string_view type;  // as we call it
    Timestamp at;
    bool is_partial = false, is_whole = false;  // it says so
  };
  std::optional<Envelope> read_envelope(sources::Defect& defect) const;
  bool has_all_needed() const;
  sources::RawBatch& batch_for(const Message& message, const MessageBatch& from, Decoded& out);
  void append(const Message& message, const MessageBatch& from, sources::Defect defect, Decoded& out);
  void append_partial(const Message& message, const MessageBatch& from, const Envelope& envelope, Decoded& out);
  // Canonical cells of the raw fields; problems, if any, as one text.
  std::string read_cells(std::span<const sources::RawField> raw, const std::vector<bool>& stated, Document& out);
  std::vector<bool> stated_columns(std::string_view payload, bool& is_object);
  Order order_of(const Document& document, Timestamp fallback) const;

  const config::EntityMapping mapping_;
  const schema::TableInfo* entity_;
  std::vector<std::string> raw_columns_;
  std::vector<std::size_t> needed_;  // raw columns without which a document is no whole one
  std::optional<std::size_t> updated_column_;
  std::size_t id_ = 0, updated_at_, version_, is_deleted_;  // columns of the entity
  staging::FieldCounts uncounted_;
  std::vector<staging::FieldReader> fields_;
  std::unique_ptr<sources::JsonRecords> json_;
  std::vector<sources::RawField> found_;  // of the message at hand: envelope, then raw columns
  simdjson::dom::parser dom_;
  std::int64_t next_record_ = 1;  // of the batch at the end of Decoded::whole
};

}  // namespace deskhouse::events
