// What an event says about a record, in the terms of the warehouse: canonical text by column of the entity. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/table.h"

namespace deskhouse::events {

// A column that the event states, if only to be NULL.
struct Cell {
  bool stated = false;
  std::optional<std::string> text;
  bool operator==(const Cell&) const = default;
};
using Document = std::vector<Cell>;  // parallel to the columns of the entity

// Where an event stands among those of its record. Whole documents come before partial ones of the same time and
// version: what was changed then may or may not be in them already, and applying it twice is no harm.
struct Order {
  std::int64_t at_us = 0, version = 0;
  bool is_partial = false;
  std::int64_t hash = 0;  // of what it says: equal events are one
  auto operator<=>(const Order&) const = default;
};

struct SeenEvent {
  Order order;
  Document document;  // of a whole one every column is stated
};

struct Folded {
  std::optional<Document> state;  // none as long as no whole document was seen
  std::vector<SeenEvent> keep;    // what folding again, with later news, needs
};

// What all that was seen of a record comes to. A function of the set: order and repetition of `seen` change nothing,
// and neither does folding `keep` of an earlier fold instead of what it was made of.
Folded fold(std::vector<SeenEvent> seen);

// As a JSON object of the stated columns, and back. An unknown column, of another version's schema, is left out.
std::string to_json(const Document& document, const schema::TableInfo& entity);
std::optional<Document> from_json(std::string_view json, const schema::TableInfo& entity);

std::int64_t hash_of(const Document& document, const Order& order, std::string_view type);

}  // namespace deskhouse::events
