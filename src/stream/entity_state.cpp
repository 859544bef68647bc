#include "stream/entity_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "events/kept_messages.h"
#include "pipeline/feed.h"
#include "schema/catalog.h"
#include "sources/text_arena.h"
#include "staging/raw_block.h"
#include "warehouse/parquet.h"
#include "warehouse/row_writer.h"

namespace deskhouse::stream {

namespace {

// Records of the mapping as the decoder gives them, settled ones in canonical form.
class StreamStager final : public staging::Stager {
 public:
  StreamStager(std::unique_ptr<staging::Stager> mapped, std::unique_ptr<staging::Stager> canonical)
      : mapped_(std::move(mapped)), canonical_(std::move(canonical)) {}
  const std::vector<std::string>& raw_columns() const override { return mapped_->raw_columns(); }
  void refuse_updates_after(Timestamp latest) override { mapped_->refuse_updates_after(latest); }
  void stage(const sources::RawBatch& raw, staging::StagedBatch& out) override {
    (raw.file_index == pipeline::kSettledFile ? canonical_ : mapped_)->stage(raw, out);
  }
  // What was changed on the way in was changed in the events; settled records are made of them.
  const std::map<std::string, staging::FieldCounts>& field_counts() const override { return mapped_->field_counts(); }

 private:
  std::unique_ptr<staging::Stager> mapped_, canonical_;
};

// Appends a record in canonical form, whose columns are those of the stager.
void append_canonical(const Document& document, const schema::TableInfo& entity,
                      const std::vector<std::string>& columns, sources::TextArena& arena, sources::RawBatch& batch) {
  auto& record = batch.records.emplace_back();
  record.position = static_cast<std::int64_t>(batch.records.size());
  record.line = record.position;
  record.raw = arena.keep(to_json(document, entity));
  record.first_field = static_cast<std::uint32_t>(batch.fields.size());
  batch.bytes += record.raw.size();
  for (const auto& column : columns) {
    const auto& text = document[entity.find(column)].text;
    batch.fields.push_back(text ? arena.keep(*text) : sources::RawField{});
  }
}

// Of records that were read once. A text that a mapping may lack is empty in them, and is so again.
config::EntityMapping settled_mapping(const config::EntityMapping& mapping) {
  auto settled = config::canonical_mapping(mapping.source, mapping.entity);
  const auto* entity = schema::find_entity(mapping.entity);
  for (auto& field : settled.fields)
    if (field.field != "id" && entity->columns[entity->find(field.field)].type == schema::Type::text)
      field.optional = true;
  return settled;
}

}  // namespace

EntityState::EntityState(std::unique_ptr<Decoder> decoder, warehouse::Connection& connection, EventMemory memory)
    : decoder_(std::move(decoder)),
      canonical_(settled_mapping(decoder_->mapping())),
      connection_(&connection),
      memory_(std::move(memory)) {
  source_.name = decoder_->mapping().source;
  source_.type = "stream";
}

Result<std::unique_ptr<EntityState>> EntityState::open(warehouse::Database& database, warehouse::Connection& connection,
                                                       const config::EntityMapping& mapping) {
  DH_ASSIGN(auto decoder, Decoder::make(mapping));
  EventMemory memory(database, connection, mapping.source, *schema::find_entity(mapping.entity));
  std::unique_ptr<EntityState> state(new EntityState(std::move(decoder), connection, std::move(memory)));
  DH_ASSIGN(state->hasher_, staging::make_stager(state->canonical_));
  DH_TRY(state->refresh());
  return state;
}

Status EntityState::refresh() {
  DH_ASSIGN(const auto keys, memory_.keys());
  remembered_ = {keys.begin(), keys.end()};
  return {};
}

std::size_t EntityState::events() const {
  std::size_t count = decoded_.partial.size();
  for (const auto& batch : decoded_.whole) count += batch.records.size();
  return count;
}

Status EntityState::prepare(Decoded decoded) {
  begin();
  decoded_ = std::move(decoded);
  return fold_all(find_keys(decoded_));
}

Status EntityState::prepare(staging::PreparedFiles files) {
  begin();
  prepared_ = std::move(files);
  DH_TRY(read_partials());
  DH_ASSIGN(const auto keys, find_prepared_keys());
  return fold_all(keys);
}

void EntityState::begin() {
  decoded_ = {};
  prepared_.reset();
  settled_ = {};
  settled_.file = "settled";
  settled_.file_index = pipeline::kSettledFile;
  keep_.clear();
  fresh_.clear();
  repeated_ = outdated_ = 0;
}

Status EntityState::fold_all(const std::set<std::int64_t>& keys) {
  if (keys.empty()) return {};
  DH_ASSIGN(auto seen, memory_.read({keys.begin(), keys.end()}));
  if (prepared_) {
    if (!prepared_->rows.empty())
      DH_TRY(memory_.add_states({keys.begin(), keys.end()}, warehouse::parquet_files(prepared_->rows), seen));
  } else {
    DH_TRY(add_whole(keys, seen));
  }
  add_partial(seen);
  for (auto& [key, events] : seen) settle(key, fold(std::move(events)));
  return {};
}

// Records of the micro-batch that have partial events, now or from before.
std::set<std::int64_t> EntityState::find_keys(const Decoded& decoded) {
  std::set<std::int64_t> keys;
  for (const auto& partial : decoded.partial) keys.insert(partial.key);
  if (keys.empty() && remembered_.empty()) return keys;
  for (const auto& batch : decoded.whole)
    for (const auto& record : batch.records)
      if (const auto key = decoder_->key_of(batch, record); key && remembered_.contains(*key)) keys.insert(*key);
  return keys;
}

// The same of what a cluster prepared.
Result<std::set<std::int64_t>> EntityState::find_prepared_keys() {
  auto keys = find_keys(decoded_);
  if (remembered_.empty() || prepared_->rows.empty()) return keys;
  DH_ASSIGN(const auto of_rows, connection_->integers(fmt::format("select distinct key from {}",
                                                                  warehouse::parquet_files(prepared_->rows))));
  std::ranges::copy_if(of_rows, std::inserter(keys, keys.end()),
                       [&](const auto key) { return remembered_.contains(key); });
  return keys;
}

Status EntityState::read_partials() {
  if (prepared_->partials.empty()) return {};
  DH_ASSIGN(const auto rows,
            connection_->query(
                fmt::format("select id, key, type, at_us, version, hash, document from {} order by at_us, version, "
                            "hash",
                            warehouse::parquet_files(prepared_->partials))));
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    auto document = from_json(rows.text(i, 6), decoder_->entity());
    if (!document) return fail(Error::Kind::io, "The cluster's events are not readable");
    decoded_.partial.push_back(
        {rows.display(i, 0),
         rows.integer(i, 1),
         rows.display(i, 2),
         {{rows.integer(i, 3), rows.integer(i, 4), true, rows.integer(i, 5)}, *std::move(document)}});
  }
  return {};
}

// Out of the raw blocks, each record where it was: what decoded them there decodes them here.
Status EntityState::release_prepared() {
  const auto files = std::exchange(prepared_, std::nullopt);
  DH_ASSERT(files.has_value(), "they are released once");
  if (files->blocks.empty()) return {};
  DH_ASSIGN(const auto blocks, connection_->query(fmt::format("select file, payload, lines from {} order by "
                                                              "first_position",
                                                              warehouse::parquet_files(files->blocks))));
  events::KeptMessages messages;
  for (std::size_t i = 0; i < blocks.row_count(); ++i) {
    const auto file = blocks.display(i, 0);
    const auto lines = blocks.text(i, 2);
    std::size_t at = 0;
    const bool is_whole = staging::decode_raw_block(blocks.text(i, 1), [&](std::string_view raw) {
      std::int64_t offset = 0;
      if (at + sizeof offset <= lines.size()) std::memcpy(&offset, lines.data() + at, sizeof offset);
      at += sizeof offset;
      messages.add(file, offset, raw);
    });
    if (!is_whole || at != lines.size()) return fail(Error::Kind::io, "The cluster's records are not readable");
  }
  auto decoded = messages.decode(*decoder_);
  DH_ASSERT(decoded.partial.empty(), "what was a record is one");
  decoded_.whole = std::move(decoded.whole);
  return {};
}

bool EntityState::stands_alone(const Decoded& decoded) {
  return find_keys(decoded).empty();
}

// Whole documents of those records, with the hash by which publishing orders them.
Status EntityState::add_whole(const std::set<std::int64_t>& keys, Seen& seen) {
  std::vector<SeenEvent> events;
  sources::RawBatch canonical;
  sources::TextArena arena(canonical);
  for (const auto& batch : decoded_.whole)
    for (const auto& record : batch.records) {
      const auto key = decoder_->key_of(batch, record);
      if (!key || !keys.contains(*key)) continue;
      auto event = decoder_->read_whole(batch, record);
      if (!event) continue;  // it goes to quarantine
      append_canonical(event->document, decoder_->entity(), hasher_->raw_columns(), arena, canonical);
      events.push_back(*std::move(event));
    }
  staging::StagedBatch staged(decoder_->entity());
  hasher_->stage(canonical, staged);
  if (!staged.rejects.empty())
    return fail(Error::Kind::source, fmt::format("A record of {} that was read cannot be read again: {}: {}",
                                                 decoder_->entity().name, staged.rejects.front().reasons.front().field,
                                                 staged.rejects.front().reasons.front().reason));
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].order.hash = staged.row_hash[i];
    seen[staged.key[i]].push_back(std::move(events[i]));
  }
  return {};
}

void EntityState::add_partial(Seen& seen) {
  std::set<std::pair<std::int64_t, std::int64_t>> known;  // key, hash
  for (const auto& [key, events] : seen)
    for (const auto& event : events)
      if (event.order.is_partial) known.emplace(key, event.order.hash);
  for (auto& partial : decoded_.partial) {
    if (known.emplace(partial.key, partial.event.order.hash).second)
      fresh_[partial.key].push_back(partial.event.order.hash);
    else
      ++repeated_;
    seen[partial.key].push_back(partial.event);
  }
}

void EntityState::settle(std::int64_t key, Folded folded) {
  std::set<std::int64_t> needed;
  for (const auto& event : folded.keep) needed.insert(event.order.hash);
  if (folded.state) {
    for (const auto hash : fresh_[key]) outdated_ += needed.contains(hash) ? 0 : 1;
    sources::TextArena arena(settled_);
    append_canonical(*folded.state, decoder_->entity(), hasher_->raw_columns(), arena, settled_);
  }
  keep_[key] = std::move(folded.keep);
}

std::vector<const sources::RawBatch*> EntityState::batches() const {
  std::vector<const sources::RawBatch*> all;
  for (const auto& batch : decoded_.whole) all.push_back(&batch);
  if (!settled_.records.empty()) all.push_back(&settled_);
  return all;
}

Result<std::unique_ptr<staging::Stager>> EntityState::make_stager() const {
  DH_ASSIGN(auto mapped, staging::make_stager(mapping()));
  DH_ASSIGN(auto canonical, staging::make_stager(canonical_));
  return std::make_unique<StreamStager>(std::move(mapped), std::move(canonical));
}

// Settled records stand for events: those that are loaded with them are counted instead.
void EntityState::correct(pipeline::Balance& balance) const {
  const auto settled = static_cast<std::int64_t>(settled_.records.size());
  const auto partial = static_cast<std::int64_t>(decoded_.partial.size());
  balance.extracted += partial - settled;
  balance.loaded += partial - repeated_ - outdated_ - settled;
  balance.unchanged += repeated_;
  balance.superseded += outdated_;
}

Result<bool> EntityState::observe(warehouse::Connection& connection, std::int64_t run_id, Timestamp at) const {
  const auto& entity = decoder_->entity();
  if (entity.name != "tickets" || !mapping().versions_are_history || decoded_.partial.empty()) return false;
  DH_TRY(connection.execute(
      "create or replace temp table partial_events (id VARCHAR, ticket_key BIGINT, event_at TIMESTAMP, version BIGINT, "
      "hash "
      "BIGINT, event_type VARCHAR, status VARCHAR, priority VARCHAR, category VARCHAR, assigned_to VARCHAR, group_id "
      "VARCHAR)"));
  {
    DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "", "partial_events"));
    for (const auto& partial : decoded_.partial) {
      const auto& document = partial.event.document;
      const auto cell = [&](const char* column) -> const Cell& { return document[entity.find(column)]; };
      const auto& order = partial.event.order;
      writer.text(partial.id).integer(partial.key).timestamp({order.at_us});
      writer.maybe_integer(cell("version").text ? std::optional(order.version) : std::nullopt).integer(order.hash);
      writer.text(partial.type);
      for (const auto* column : {"status", "priority", "category"}) writer.maybe_text(cell(column).text);
      // Stated to be nobody is empty text; NULL is not stated.
      for (const auto* column : {"assigned_to", "group_id"})
        writer.maybe_text(cell(column).stated ? std::optional(cell(column).text.value_or("")) : std::nullopt);
      DH_TRY(writer.end_row());
    }
    DH_TRY(writer.flush());
  }
  DH_TRY(connection.execute(fmt::format(
      "insert into version_events select id, ticket_key, event_at, version, status, priority, category, assigned_to, "
      "case when assigned_to <> '' then surrogate_key({0}, assigned_to) end, group_id, case when group_id <> '' then "
      "surrogate_key({0}, group_id) end, {0}, 0, hash, {1}, {2}, 'event:' || id || ':' || printf('%016x', hash), "
      "event_type from partial_events",
      warehouse::sql_text(mapping().source), warehouse::sql_timestamp(at), run_id)));
  return true;
}

Status EntityState::record(std::int64_t run_id) {
  return memory_.write(keep_, run_id);
}

void EntityState::committed() {
  for (const auto& [key, events] : keep_) {
    if (events.empty())
      remembered_.erase(key);
    else
      remembered_.insert(key);
  }
}

}  // namespace deskhouse::stream
