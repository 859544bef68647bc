// Where a warehouse is: in one DuckDB file; or in a lake, where tables are Parquet files and a database, SQLite for one
// host or PostgreSQL for several, is the catalogue (DuckLake; decision 0051).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace deskhouse::config {

struct Lake {
  enum class Catalogue { sqlite, postgres };
  Catalogue catalogue = Catalogue::sqlite;
  std::string at;    // the file's path; or a connection string of libpq, which may leave all to its environment
  std::string data;  // folder of the Parquet files, with a / at its end
};

struct Location {
  std::string name;              // as users know it; a password is left out
  std::filesystem::path beside;  // with an ending put to it: where files of Deskhouse's own have their place
  std::optional<Lake> lake;      // none: the file `beside`

  // False: there is surely nothing.
  bool may_exist() const;
};

// Of project.warehouse: a file, ducklake:sqlite:FILE, or ducklake:postgres:CONNECTION.
Location location_of(const Config& config);

// Whether it names a lake.
bool is_lake(std::string_view warehouse);

// What is wrong with a project.warehouse; empty: nothing.
std::string mistake_in_location(std::string_view warehouse);

}  // namespace deskhouse::config
