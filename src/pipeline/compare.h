// Compares tables of two databases that are attached to one connection, cell by cell: by count and hash first, and
// where these differ by searching for the first row that differs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
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
  bool by_definition =
      false;  // a view of the same text: what it reads is compared cell by cell, and its rows were not looked at
  std::optional<Difference> difference;
  double seconds = 0;
};

struct ComparedTable {
  std::string name;                // schema.table
  std::vector<std::string> keys;   // columns that find a row; empty: all columns
  std::vector<std::string> apart;  // columns that may differ
};

// Two attached databases. Reads what tables they have once; not for databases that change meanwhile.
class DatabaseComparer {
 public:
  // `left` and `right` are their names. The connection outlives this, and its database in use is left as it is.
  static Result<DatabaseComparer> make(warehouse::Connection& connection, std::string left, std::string right);
  Result<Comparison> compare(const ComparedTable& table) const;

  // What a database has, by schema.table.
  struct Catalog {
    std::map<std::string, std::map<std::string, std::string>> columns;  // name -> type
    std::map<std::string, std::string> views;                           // definition
  };

 private:
  DatabaseComparer(warehouse::Connection& connection, std::string left, std::string right)
      : connection_(&connection), left_(std::move(left)), right_(std::move(right)) {}
  warehouse::Connection* connection_;
  std::string left_, right_;
  Catalog left_catalog_, right_catalog_;
};

}  // namespace deskhouse::pipeline
