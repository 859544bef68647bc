#include "events/decoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/keys.h"
#include "events/fingerprint.h"
#include "schema/catalog.h"

namespace deskhouse::events {

namespace {

constexpr std::size_t kEnvelope = 3;  // event_type, timestamp, partial
constexpr std::size_t kRecordsOfABatch = 8'192;

enum class Kind { whole, partial, deleted, restored };
struct Type {
  std::string_view name;
  Kind kind;
};
// What may happen to a record. `whole`: it has to bring all of it; `partial`: it may bring a part.
constexpr Type kTypes[] = {
    {"created", Kind::whole},          {"snapshot", Kind::whole},           {"updated", Kind::partial},
    {"status_changed", Kind::partial}, {"priority_changed", Kind::partial}, {"assigned", Kind::partial},
    {"responded", Kind::partial},      {"resolved", Kind::partial},         {"closed", Kind::partial},
    {"reopened", Kind::partial},       {"deleted", Kind::deleted},          {"restored", Kind::restored}};

// "ticket.status_changed", "ticket_updated" and "updated" are the words of different producers for the same.
const Type* find_type(std::string_view written) {
  for (const auto& type : kTypes) {
    if (!written.ends_with(type.name)) continue;
    const auto prefix = written.substr(0, written.size() - type.name.size());
    if (prefix.empty() || std::string_view("._-:/").find(prefix.back()) != std::string_view::npos) return &type;
  }
  return nullptr;
}

// ISO 8601 with a zone, or seconds or milliseconds since 1970.
std::optional<Timestamp> read_time(std::string_view text) {
  if (const auto iso = parse_iso_timestamp(text)) return iso;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr std::int64_t kLastSecond = kEndTimestamp.us / kMicrosPerSecond;
  const Timestamp at{number < kLastSecond ? number * kMicrosPerSecond : number * 1'000};
  return at < kEndTimestamp && !(at < kMinTimestamp) ? std::optional(at) : std::nullopt;
}

// Whether an object has a column, as json_paths.h reads its name.
bool has_path(simdjson::dom::object object, std::string_view path) {
  if (object.at_key(path).error() == simdjson::SUCCESS) return true;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    simdjson::dom::object inner;
    if (object.at_key(path.substr(0, dot)).get_object().get(inner) == simdjson::SUCCESS &&
        has_path(inner, path.substr(dot + 1)))
      return true;
  }
  return false;
}

config::EntityMapping for_events(config::EntityMapping mapping) {
  for (auto& field : mapping.fields) {
    if (field.field != config::change_field(mapping) || !field.column) continue;
    if (field.date_formats.empty()) field.date_formats = mapping.date_formats;
    // The time of the event may stand in for it, as iso.
    if (!field.date_formats.empty() && std::ranges::find(field.date_formats, "iso") == field.date_formats.end())
      field.date_formats.emplace_back("iso");
  }
  return mapping;
}

// A value of the column's type as text that the canonical mapping reads as the same value. None: it does not read.
template <class Value, class Show>
std::optional<std::string> typed(staging::FieldReader& field, std::string_view text, Show show) {
  Value value{};
  if (!field.read(text, value)) return std::nullopt;
  return show(value);
}

std::optional<std::string> canonical(staging::FieldReader& field, std::string_view text) {
  const auto shown = [](const auto& value) { return to_string(value); };
  switch (field.plan().type) {
    case schema::Type::text:
      return typed<std::string_view>(field, text, [](auto value) { return std::string(value); });
    case schema::Type::boolean:
      return typed<bool>(field, text, [](bool value) { return std::string(value ? "true" : "false"); });
    case schema::Type::integer:
      return typed<std::int64_t>(field, text, [](std::int64_t value) { return std::to_string(value); });
    case schema::Type::decimal:
      return typed<Decimal>(field, text, shown);
    case schema::Type::timestamp:
      return typed<Timestamp>(field, text, shown);
    case schema::Type::date:
      return typed<Date>(field, text, shown);
    case schema::Type::json:
      return typed<Json>(field, text, [](Json value) { return std::string(value.text); });
  }
  return std::nullopt;
}

}  // namespace

config::EntityMapping mapping_of(const config::Config& config, const config::StreamTopic& topic) {
  for (const auto& source : config.sources)
    for (const auto& mapping : source.entities)
      if (source.name == topic.source && mapping.entity == topic.entity) return mapping;
  return config::canonical_mapping(topic.source, topic.entity);
}

Result<std::unique_ptr<Decoder>> Decoder::make(const config::EntityMapping& mapping) {
  if (mapping.keeps_unmapped)
    return fail(Error::Kind::config,
                fmt::format("deskhouse.toml:{}: custom_fields = [\"*\"] of {}.{} cannot be read from a stream, whose "
                            "columns are known only when they come: list them",
                            mapping.line, mapping.source, mapping.entity));
  auto own = for_events(mapping);
  DH_ASSIGN(auto plan, staging::make_plan(own, *schema::find_entity(own.entity)));
  return std::unique_ptr<Decoder>(new Decoder(std::move(own), std::move(plan)));
}

Decoder::Decoder(config::EntityMapping mapping, staging::Plan plan)
    : mapping_(std::move(mapping)),
      entity_(schema::find_entity(mapping_.entity)),
      raw_columns_(plan.raw_columns),
      updated_at_(entity_->find(config::change_field(mapping_))),
      version_(entity_->find("version")),
      is_deleted_(entity_->find("is_deleted")) {
  std::vector<std::string> paths = {"event_type", "timestamp", "partial"};
  for (const auto& column : raw_columns_) paths.push_back("data." + column);
  json_ = std::make_unique<sources::JsonRecords>(paths);
  found_.resize(paths.size());
  for (std::size_t i = 0; i < plan.fields.size(); ++i) {
    const auto& field = plan.fields[i];
    const bool is_column = field.origin == staging::FieldPlan::Origin::column;
    if (i == updated_at_ && is_column && !mapping_.override_zone)
      updated_column_ = field.column;
    else if (is_column && field.null_is_fault)
      needed_.push_back(field.column);
  }
  for (auto& field : plan.fields) fields_.emplace_back(std::move(field), uncounted_);
}

Decoder::~Decoder() = default;

void Decoder::decode(const std::vector<const Message*>& messages, const MessageBatch& from, Decoded& out) {
  for (const auto* message : messages) {
    sources::Defect defect;
    std::ranges::fill(found_, sources::RawField{});
    if (message->payload.size() > static_cast<std::size_t>(mapping_.max_record_bytes)) {
      defect.reason = fmt::format("longer than {} bytes (max_record_bytes)", mapping_.max_record_bytes);
      append(*message, from, std::move(defect), out);
      continue;
    }
    auto& batch = batch_for(*message, from, out);
    sources::TextArena arena(batch);
    defect = message->payload.empty() ? sources::Defect{"", "an empty message"}
                                      : json_->read(message->payload, kPadding, found_.data(), arena);
    if (defect.reason.starts_with("not a JSON object")) defect.reason = "not a JSON object";
    const auto envelope = defect.reason.empty() ? read_envelope(defect) : std::nullopt;
    if (!envelope) {
      append(*message, from, std::move(defect), out);
      continue;
    }
    if (envelope->is_partial || !(envelope->is_whole || has_all_needed())) {
      append_partial(*message, from, *envelope, out);
      continue;
    }
    if (updated_column_ && found_[kEnvelope + *updated_column_].data() == nullptr)
      found_[kEnvelope + *updated_column_] = arena.keep(to_string(envelope->at));
    append(*message, from, {}, out);
  }
}

std::optional<Decoder::Envelope> Decoder::read_envelope(sources::Defect& defect) const {
  const auto reject = [&](std::string reason) {
    defect.reason = std::move(reason);
    return std::nullopt;
  };
  if (found_[0].data() == nullptr) return reject("the event has no event_type");
  const auto* type = find_type(found_[0]);
  if (type == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& t : kTypes) known.push_back(t.name);
    return reject(fmt::format("unknown event type '{}'; known: {}", found_[0].substr(0, 100), fmt::join(known, ", ")));
  }
  if (found_[1].data() == nullptr) return reject("the event has no timestamp");
  const auto at = read_time(found_[1]);
  if (!at) return reject(fmt::format("the timestamp '{}' is no time with a zone", found_[1].substr(0, 100)));
  Envelope envelope{type->name, *at};
  envelope.is_whole = type->kind == Kind::whole || found_[2] == "false" || is_deleted_ == schema::TableInfo::npos;
  envelope.is_partial =
      !envelope.is_whole && (found_[2] == "true" || type->kind == Kind::deleted || type->kind == Kind::restored);
  return envelope;
}

bool Decoder::has_all_needed() const {
  return std::ranges::all_of(needed_, [&](auto column) { return found_[kEnvelope + column].data() != nullptr; });
}

// Records are numbered within the run and partition, since offsets have gaps; the offset is the record's line.
sources::RawBatch& Decoder::batch_for(const Message& message, const MessageBatch& from, Decoded& out) {
  const auto& place = from.places[static_cast<std::size_t>(message.place)];
  const bool follows = !out.whole.empty() && out.whole.back().file_index == message.place;
  if (follows && out.whole.back().records.size() < kRecordsOfABatch) return out.whole.back();
  if (!follows) next_record_ = 1;
  auto& batch = out.whole.emplace_back();
  batch.file = fmt::format("{}/{}", place.topic, place.partition);
  batch.file_index = message.place;
  batch.buffers = from.buffers;
  return batch;
}

void Decoder::append(const Message& message, const MessageBatch& from, sources::Defect defect, Decoded& out) {
  auto& batch = batch_for(message, from, out);
  auto& record = batch.records.emplace_back();
  record.position = next_record_++;
  record.line = message.offset;
  record.raw = message.payload;
  record.first_field = static_cast<std::uint32_t>(batch.fields.size());
  batch.bytes += message.payload.size();
  batch.fields.insert(batch.fields.end(), found_.begin() + kEnvelope, found_.end());
  if (defect.reason.empty()) return;
  record.defect = static_cast<std::int32_t>(batch.defects.size());
  batch.defects.push_back(std::move(defect));
}

void Decoder::append_partial(const Message& message, const MessageBatch& from, const Envelope& envelope, Decoded& out) {
  const auto reject = [&](std::string reason) { append(message, from, {"", std::move(reason)}, out); };
  if (entity_->name == "agents" || entity_->name == "requesters")
    return reject(fmt::format("not the whole record: every version of {} is kept, so an event has to bring all of it",
                              entity_->name));
  bool is_object = false;
  const auto stated = stated_columns(message.payload, is_object);
  if (!is_object) return reject("the event has no data, or it is no object");
  PartialEvent partial{.type = std::string(envelope.type)};
  auto& document = partial.event.document;
  const std::span<const sources::RawField> raw(found_.data() + kEnvelope, raw_columns_.size());
  if (auto problems = read_cells(raw, stated, document); !problems.empty()) return reject(std::move(problems));
  if (!document[id_].text) return reject("the event does not say which record it is about: the id is missing");
  partial.id = *document[id_].text;
  partial.key = natural_key(mapping_.source, partial.id);
  document[id_] = {};
  auto& updated = document[updated_at_];
  const auto at = updated.text ? parse_iso_timestamp(*updated.text).value_or(envelope.at) : envelope.at;
  updated = {true, to_string(at)};
  // Whatever happens to a record later than it was deleted says that it is there.
  auto& deleted = document[is_deleted_];
  if (!deleted.stated || !deleted.text || envelope.type == "deleted" || envelope.type == "restored")
    deleted = {true, envelope.type == "deleted" ? "true" : "false"};
  partial.event.order = order_of(document, at);
  partial.event.order.is_partial = true;
  partial.event.order.hash = hash_of(document, partial.event.order, partial.type);
  out.partial.push_back(std::move(partial));
}

std::vector<bool> Decoder::stated_columns(std::string_view payload, bool& is_object) {
  std::vector<bool> stated(raw_columns_.size());
  simdjson::dom::object data;
  is_object = dom_.parse(payload.data(), payload.size(), false)["data"].get_object().get(data) == simdjson::SUCCESS;
  if (!is_object) return stated;
  for (std::size_t i = 0; i < raw_columns_.size(); ++i) stated[i] = has_path(data, raw_columns_[i]);
  return stated;
}

std::string Decoder::read_cells(std::span<const sources::RawField> raw, const std::vector<bool>& stated,
                                Document& out) {
  out.assign(fields_.size(), {});
  std::string problems;
  const auto note = [&](std::string_view column, std::string_view reason) {
    problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", column, reason);
  };
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    auto& field = fields_[i];
    const auto& plan = field.plan();
    bool is_stated = false;
    if (plan.origin == staging::FieldPlan::Origin::column) is_stated = stated[plan.column];
    for (const auto& part : plan.parts) is_stated = is_stated || (part.column && stated[*part.column]);
    if (!is_stated) continue;
    const auto text = field.text(raw);
    out[i].stated = true;
    if (text.data() == nullptr) {
      if (plan.null_is_fault && i != updated_at_) note(plan.name, "required, but empty");
      continue;
    }
    out[i].text = canonical(field, text);
    if (!out[i].text) note(plan.name, field.fault(text));
  }
  return problems;
}

Order Decoder::order_of(const Document& document, Timestamp fallback) const {
  Order order;
  const auto& at = document[updated_at_].text;
  order.at_us = (at ? parse_iso_timestamp(*at).value_or(fallback) : fallback).us;
  if (version_ != schema::TableInfo::npos && document[version_].text)
    order.version = std::strtoll(document[version_].text->c_str(), nullptr, 10);
  return order;
}

std::optional<SeenEvent> Decoder::read_whole(const sources::RawBatch& batch, const sources::RawRecord& record) {
  if (record.defect >= 0) return std::nullopt;
  SeenEvent event;
  const std::span<const sources::RawField> raw(batch.fields.data() + record.first_field, raw_columns_.size());
  // What every column says, those included that no raw column is behind.
  std::vector<bool> all(raw_columns_.size(), true);
  if (!read_cells(raw, all, event.document).empty()) return std::nullopt;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    auto& cell = event.document[i];
    if (cell.stated) continue;
    const auto text = fields_[i].text(raw);
    cell = {true, text.data() == nullptr ? std::nullopt : canonical(fields_[i], text)};
  }
  if (!event.document[updated_at_].text && entity_->columns[updated_at_].traits.required) return std::nullopt;
  if (is_deleted_ != schema::TableInfo::npos && !event.document[is_deleted_].text)
    event.document[is_deleted_].text = "false";
  event.order = order_of(event.document, Timestamp{});
  return event;
}

std::optional<std::int64_t> Decoder::key_of(const sources::RawBatch& batch, const sources::RawRecord& record) {
  if (record.defect >= 0) return std::nullopt;
  const auto id = fields_[id_].text({batch.fields.data() + record.first_field, raw_columns_.size()});
  if (id.data() == nullptr) return std::nullopt;
  return natural_key(mapping_.source, id);
}

}  // namespace deskhouse::events
