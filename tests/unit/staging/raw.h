// Mappings and raw batches of a test, as short as they can be written.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/catalog.h"
#include "staging/stager.h"

namespace deskhouse::staging {

using config::EntityMapping;
using config::FieldMapping;

// nullopt: NULL.
using Cell = std::optional<std::string>;

// Raw batches whose text lives as long as this.
class RawMaker {
 public:
  sources::RawBatch batch(const std::vector<std::vector<Cell>>& rows, int file_index = 0, int first_record = 1) {
    sources::RawBatch batch;
    batch.file = "data.csv";
    batch.file_index = file_index;
    std::int64_t record = first_record;
    for (const auto& row : rows) {
      std::string whole;
      sources::RawRecord raw{
          .position = record, .line = record + 1, .first_field = static_cast<std::uint32_t>(batch.fields.size())};
      for (const auto& cell : row) {
        whole += (whole.empty() ? "" : ",") + cell.value_or("");
        batch.fields.push_back(cell ? std::string_view(texts_.emplace_back(*cell)) : sources::RawField());
      }
      raw.raw = texts_.emplace_back(whole);
      batch.records.push_back(raw);
      ++record;
    }
    return batch;
  }

 private:
  std::deque<std::string> texts_;
};

inline FieldMapping column(std::string field) {
  return {.field = field, .column = field, .line = 9};
}
inline FieldMapping constant(std::string field, std::string value) {
  return {.field = std::move(field), .constant = std::move(value), .line = 9};
}

// Tickets whose required fields but `id` are constants; a test adds the columns that it is about.
inline EntityMapping tickets(std::vector<FieldMapping> fields) {
  EntityMapping mapping{.source = "desk", .entity = "tickets", .line = 3};
  mapping.fields = std::move(fields);
  for (auto&& standard :
       {column("id"), constant("subject", "s"), constant("status", "Open"), constant("requester_id", "u"),
        constant("created_at", "2024-01-01T00:00:00Z"), constant("updated_at", "2024-01-02T00:00:00Z")}) {
    bool given = false;
    for (const auto& field : mapping.fields) given |= field.field == standard.field;
    if (!given) mapping.fields.push_back(standard);
  }
  return mapping;
}

// Stages rows of `mapping` whose cells are in the order of raw_columns().
struct Staged {
  std::unique_ptr<Stager> stager;
  StagedBatch out;
  std::string error;

  Staged(const EntityMapping& mapping, const std::vector<std::vector<Cell>>& rows)
      : out(*schema::find_entity(mapping.entity)) {
    auto made = make_stager(mapping);
    if (!made) {
      error = made.error().message;
      return;
    }
    stager = std::move(*made);
    stager->stage(texts.batch(rows), out);
  }
  // The value of a column as text; nullopt: NULL.
  Cell cell(std::string_view name, std::size_t row = 0) const {
    const auto index = out.rows.find(name);
    const auto& data = out.rows.column(index);
    if (data.is_null(row)) return std::nullopt;
    switch (data.storage()) {
      case schema::Storage::text:
        return std::string(data.text(row));
      case schema::Storage::boolean:
        return data.boolean(row) ? "true" : "false";
      case schema::Storage::decimal:
        return to_string(Decimal{data.int64(row)});
      case schema::Storage::timestamp:
        return to_string(Timestamp{data.int64(row)});
      case schema::Storage::date:
        return to_string(data.date(row));
      default:
        return std::to_string(data.int64(row));
    }
  }
  FieldCounts counts(const std::string& field) const { return stager->field_counts().at(field); }

  RawMaker texts;
};

}  // namespace deskhouse::staging
