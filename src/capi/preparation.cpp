#include "capi/preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/nearest.h"
#include "capi/arrow_export.h"
#include "capi/arrow_import.h"
#include "events/fingerprint.h"
#include "events/payloads.h"
#include "schema/catalog.h"
#include "sources/files.h"

namespace deskhouse::capi {

namespace {

using nlohmann::json;
using schema::Storage;

// A small table of its own, filled row by row.
class Table {
 public:
  explicit Table(std::vector<schema::BatchColumn> columns)
      : rows_(std::make_shared<schema::Batch>(std::move(columns))) {}
  Table& text(std::string_view value) {
    rows_->column(at_++).append_text(value);
    return *this;
  }
  Table& integer(std::optional<std::int64_t> value) {
    auto& column = rows_->column(at_++);
    value ? column.append_int64(*value) : column.append_null();
    return *this;
  }
  void end_row() {
    DH_ASSERT(at_ == rows_->columns().size(), "a row has a value for each column");
    at_ = 0;
  }
  // `binary`: columns of bytes.
  void give(std::initializer_list<std::string_view> binary, ArrowArray& array, ArrowSchema& schema) const {
    std::vector<ExportColumn> columns;
    for (std::size_t c = 0; c < rows_->columns().size(); ++c) {
      const auto& column = rows_->columns()[c];
      columns.push_back(column_of(column, rows_->column(c), std::ranges::count(binary, column.name) > 0, rows_));
    }
    export_columns(std::move(columns), static_cast<std::int64_t>(rows_->rows()), array, schema);
  }

 private:
  std::shared_ptr<schema::Batch> rows_;
  std::size_t at_ = 0;
};

// What the run knows of the columns, into the mapping.
Status add_columns(const char* text, config::EntityMapping& mapping) {
  if (text == nullptr) return {};
  const auto known = json::parse(text, nullptr, false);
  if (!known.is_object()) return fail(Error::Kind::usage, "`columns` is not a JSON object");
  const std::map<std::string, std::vector<std::string>*> lists = {
      {"gone", &mapping.gone}, {"known", &mapping.known}, {"custom_fields", &mapping.custom_fields}};
  for (const auto& [name, list] : lists) {
    const auto given = known.find(name);
    if (given == known.end()) continue;
    if (!given->is_array()) return fail(Error::Kind::usage, fmt::format("`columns.{}` is not a list", name));
    list->clear();
    for (const auto& column : *given) {
      if (!column.is_string()) return fail(Error::Kind::usage, fmt::format("`columns.{}` is not of texts", name));
      list->push_back(column.get<std::string>());
    }
  }
  return {};
}

std::vector<std::int32_t> months_of(const schema::ColumnData& times, std::size_t rows) {
  std::vector<std::int32_t> months;
  months.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto day = to_civil(utc_day(Timestamp{times.is_null(row) ? 0 : times.int64(row)}));
    months.push_back(day.year * 100 + static_cast<std::int32_t>(day.month));
  }
  return months;
}

json counts_json(const staging::FieldCounts& counts) {
  return {{"nulled", counts.nulled},       {"defaulted", counts.defaulted},           {"converted", counts.converted},
          {"discarded", counts.discarded}, {"ambiguous_time", counts.ambiguous_time}, {"formats", counts.formats}};
}

}  // namespace

Preparation::Preparation(config::EntityMapping mapping, bool is_of_files, std::size_t batch_size,
                         Timestamp latest_update)
    : mapping_(std::move(mapping)),
      entity_(schema::find_entity(mapping_.entity)),
      is_of_files_(is_of_files),
      batch_size_(batch_size),
      latest_update_(latest_update) {}

Result<std::unique_ptr<Preparation>> Preparation::open(const deskhouse_core_request& request) {
  for (const auto* text : {request.config, request.project, request.source, request.entity})
    if (text == nullptr) return fail(Error::Kind::usage, "config, project, source and entity must be given");
  DH_ASSIGN(const auto config, config::parse(request.config, request.project));
  std::vector<std::string> names;
  const auto is_wanted = [&](const std::string& source, const std::string& entity) {
    names.push_back(source + "." + entity);
    return source == request.source && entity == request.entity;
  };
  const auto make = [&](config::EntityMapping mapping, bool is_of_files) -> Result<std::unique_ptr<Preparation>> {
    DH_TRY(add_columns(request.columns, mapping));
    return std::unique_ptr<Preparation>(new Preparation(std::move(mapping), is_of_files,
                                                        static_cast<std::size_t>(config.bulk_batch_size),
                                                        Timestamp{request.latest_update_us}));
  };
  for (const auto& source : config.sources)
    for (const auto& entity : source.entities)
      if (is_wanted(source.name, entity.entity)) return make(entity, source.type == "files");
  for (const auto& topic : config.stream.topics)
    if (is_wanted(topic.source, topic.entity)) return make(events::mapping_of(config, topic), false);
  const auto wanted = fmt::format("{}.{}", request.source, request.entity);
  return fail(Error::Kind::usage, fmt::format("deskhouse.toml has no {}{}", wanted, did_you_mean(wanted, names)));
}

Status Preparation::set_stager(Result<std::unique_ptr<staging::Stager>> stager) {
  DH_ASSIGN(stager_, std::move(stager));
  if (latest_update_.us != std::numeric_limits<std::int64_t>::max()) stager_->refuse_updates_after(latest_update_);
  return {};
}

Status Preparation::open_files(std::int32_t part, std::int32_t parts) {
  if (!is_of_files_)
    return fail(Error::Kind::usage,
                fmt::format("{}.{} is read from a server: only files are read here", mapping_.source, mapping_.entity));
  if (parts < 1 || part < 0 || part >= parts)
    return fail(Error::Kind::usage, fmt::format("{} of {} is no share", part, parts));
  DH_TRY(set_stager(staging::make_stager(mapping_, staging::Repeats::merge)));
  DH_ASSIGN(reader_, sources::open_share(mapping_, stager_->raw_columns(), {}, {part, parts}));
  events_ = {};
  staged_.reset();
  extracted_ = repeats_ = bytes_ = 0;
  return {};
}

Status Preparation::add_events(const events::Place& place, std::int32_t number, ArrowArray& array,
                               ArrowSchema& schema) {
  const ArrowInput input(array, schema);
  if (reader_) return fail(Error::Kind::usage, "files are open: events want a core of their own");
  if (number < 0) return fail(Error::Kind::usage, fmt::format("{} is no number of a partition", number));
  if (!events_.decoder) {
    DH_ASSIGN(events_.decoder, events::Decoder::make(mapping_));
    DH_TRY(set_stager(staging::make_stager(events_.decoder->mapping())));
  }
  events::MessageBatch batch;
  batch.places = {place};
  events::Payloads payloads(batch);
  DH_TRY(input.each_message([&](std::int64_t offset, std::string_view value) {
    batch.messages.push_back({0, offset, payloads.keep(value)});
  }));
  if (batch.messages.empty()) return {};
  const auto& last = batch.messages.back();
  events_.reached[place] = {place, last.offset + 1, events::fingerprint(last.payload)};
  std::vector<const events::Message*> messages;
  for (const auto& message : batch.messages) messages.push_back(&message);
  events::Decoded decoded;
  events_.decoder->decode(messages, batch, decoded);
  auto& records = events_.records[number];
  const auto before = records;
  for (auto& whole : decoded.whole) {
    whole.file_index = number;
    for (auto& record : whole.records) record.position += before;
    records = whole.records.back().position;
    events_.waiting.push_back(std::move(whole));
  }
  std::ranges::move(decoded.partial, std::back_inserter(events_.partial));
  return {};
}

Result<bool> Preparation::read(sources::RawBatch& raw) {
  if (reader_) return reader_->next(raw, batch_size_);
  if (events_.waiting.empty()) return false;
  raw = std::move(events_.waiting.front());
  events_.waiting.pop_front();
  return true;
}

Result<std::int64_t> Preparation::next() {
  if (!stager_) return fail(Error::Kind::usage, "there is nothing to read: open the files, or add events, first");
  sources::RawBatch raw;
  bool more = true;
  while (more && raw.records.empty()) {
    DH_ASSIGN(more, read(raw));
  }
  staged_ = std::make_shared<staging::StagedBatch>(*entity_);
  block_ = {};
  lines_.clear();
  if (!more) return 0;
  block_ = staging::encode_raw_block(raw);
  for (const auto& record : raw.records) lines_.append(reinterpret_cast<const char*>(&record.line), sizeof record.line);
  stager_->stage(raw, *staged_);
  extracted_ += static_cast<std::int64_t>(staged_->extracted);
  repeats_ += static_cast<std::int64_t>(staged_->repeats);
  bytes_ += block_.bytes;
  return static_cast<std::int64_t>(raw.records.size());
}

Status Preparation::take(std::string_view table, ArrowArray& array, ArrowSchema& schema) {
  if (!staged_) return fail(Error::Kind::usage, "there is no batch: read one first");
  const std::map<std::string_view, void (Preparation::*)(ArrowArray&, ArrowSchema&)> tables = {
      {"rows", &Preparation::take_rows},
      {"rejects", &Preparation::take_rejects},
      {"discards", &Preparation::take_discards},
      {"blocks", &Preparation::take_block},
      {"partials", &Preparation::take_partials}};
  const auto found = tables.find(table);
  if (found == tables.end()) return fail(Error::Kind::usage, fmt::format("there is no table '{}'", table));
  (this->*found->second)(array, schema);
  return {};
}

void Preparation::take_rows(ArrowArray& array, ArrowSchema& schema) {
  const auto& staged = *staged_;
  std::vector<ExportColumn> columns;
  columns.push_back(column_of("key", staged.key, staged_));
  for (std::size_t c = 0; c < staged.rows.columns().size(); ++c)
    columns.push_back(column_of(staged.rows.columns()[c], staged.rows.column(c), false, staged_));
  columns.push_back(column_of("position", staged.position, staged_));
  columns.push_back(column_of("row_hash", staged.row_hash, staged_));
  columns.push_back(column_of("updated_us", staged.updated_us, staged_));
  if (const auto by = schema::partition_column(entity_->name); !by.empty())
    columns.push_back(column_of("month", months_of(staged.rows.column(staged.rows.find(by)), staged.rows.rows())));
  export_columns(std::move(columns), static_cast<std::int64_t>(staged.rows.rows()), array, schema);
}

void Preparation::take_rejects(ArrowArray& array, ArrowSchema& schema) {
  Table table({{"file", Storage::text, false},
               {"position", Storage::int64, false},
               {"record", Storage::int64, false},
               {"line", Storage::int64, false},
               {"id", Storage::text, false},
               {"header", Storage::text, false},
               {"raw", Storage::text, false},
               {"reasons", Storage::text, false},
               {"key", Storage::int64, true}});
  for (const auto& reject : staged_->rejects) {
    table.text(reject.file).integer(reject.position).integer(reject.record).integer(reject.line);
    table.text(lossy_utf8(reject.id)).text(header_of(reject.position)).text(reject.raw);
    table.text(staging::reasons_json(reject.reasons)).integer(reject.key).end_row();
  }
  table.give({"raw"}, array, schema);
}

void Preparation::take_discards(ArrowArray& array, ArrowSchema& schema) {
  Table table({{"file", Storage::text, false},
               {"position", Storage::int64, false},
               {"id", Storage::text, false},
               {"field", Storage::text, false},
               {"value", Storage::text, false},
               {"reason", Storage::text, false},
               {"header", Storage::text, false},
               {"raw", Storage::text, false}});
  for (const auto& discard : staged_->discards) {
    table.text(discard.file).integer(discard.position).text(discard.id).text(discard.field);
    table.text(discard.value).text(discard.reason).text(header_of(discard.position)).text(discard.raw).end_row();
  }
  table.give({"raw"}, array, schema);
}

void Preparation::take_block(ArrowArray& array, ArrowSchema& schema) {
  Table table({{"file", Storage::text, false},
               {"first_position", Storage::int64, false},
               {"records", Storage::int64, false},
               {"bytes", Storage::int64, false},
               {"payload", Storage::text, false},
               {"lines", Storage::text, false},
               {"header", Storage::text, false}});
  if (block_.records > 0) {
    table.text(block_.file).integer(block_.first_position).integer(block_.records).integer(block_.bytes);
    table.text(block_.payload).text(lines_).text(header_of(block_.first_position)).end_row();
  }
  table.give({"payload", "lines"}, array, schema);
}

void Preparation::take_partials(ArrowArray& array, ArrowSchema& schema) {
  Table table({{"id", Storage::text, false},
               {"key", Storage::int64, false},
               {"type", Storage::text, false},
               {"at_us", Storage::int64, false},
               {"version", Storage::int64, false},
               {"hash", Storage::int64, false},
               {"document", Storage::text, false}});
  for (const auto& partial : events_.partial) {
    const auto& order = partial.event.order;
    table.text(partial.id).integer(partial.key).text(partial.type).integer(order.at_us).integer(order.version);
    table.integer(order.hash).text(events::to_json(partial.event.document, *entity_)).end_row();
  }
  events_.partial.clear();
  table.give({}, array, schema);
}

std::string Preparation::header_of(std::int64_t position) const {
  if (!reader_) return {};
  return reader_->header(static_cast<std::int32_t>(position >> staging::kPositionFileShift));
}

std::string Preparation::summary() const {
  json fields = json::object();
  if (stager_)
    for (const auto& [name, counts] : stager_->field_counts()) fields[name] = counts_json(counts);
  json out = {{"extracted", extracted_}, {"repeats", repeats_}, {"bytes", bytes_}, {"fields", fields}};
  out["unmapped"] = reader_ ? reader_->unmapped_columns() : std::vector<std::string>();
  out["columns_seen"] = nullptr;
  if (const auto seen = reader_ ? reader_->columns_seen() : std::nullopt) {
    out["columns_seen"] = json::array();
    for (const auto& c : *seen)
      out["columns_seen"].push_back({{"name", c.name}, {"type", c.type}, {"in_all", c.in_all}, {"always", c.always}});
  }
  out["places"] = json::array();
  for (const auto& [place, last] : events_.reached)
    out["places"].push_back({{"topic", place.topic},
                             {"partition", place.partition},
                             {"offset", last.next_offset - 1},
                             {"fingerprint", last.fingerprint.value_or(0)}});
  // Names of columns come from data and may be no UTF-8.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace deskhouse::capi
