// Compares tables of two databases that are attached to one connection, cell by cell: by count and hash first, and where
// these differ by searching for the first row that differs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::pipeline {

// The first difference, in the order of the keys. An empty column: the row, or the table, is on one side only.
struct Difference {
  std::string table, keys;          // keys: "ticket_date = 2024-03-05, priority = High"
  std::string column, left, right;  // values as people read them; NULL for NULL
};

struct Comparison {
  std::string table;
  std::int64_t left_rows = 0, right_rows = 0;
  bool is_view = false;
  bool by_definition = false;  // a view of the same text: what it reads is compared cell by cell, and its rows were not looked at
  std::optional<Difference> difference;
  double seconds = 0;
};

struct ComparedTable {
  std::string name;                // schema.table
  std::vector<std::string> keys;   // columns that find a row; empty: all columns
  std::vector<std::string> apart;  // columns that may differ
};

// `left` and `right` are names of attached databases.
Result<Comparison> compare(warehouse::Connection& connection, const std::string& left, const std::string& right, const ComparedTable& table);

}  // namespace deskhouse::pipeline
