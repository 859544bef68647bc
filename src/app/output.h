// Printing results: a table for people, JSON or CSV for programs. Control characters of the data never reach a
// terminal.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::app {

enum class Form { table, json, csv };

// All rows of a result to standard output. JSON: one array of objects; numbers unquoted, NULL null.
void print_rows(const warehouse::Rows& rows, Form form);
// The same to anywhere, in pieces.
using Sink = std::function<void(std::string_view)>;
void render_rows(const warehouse::Rows& rows, Form form, const Sink& sink);

// The same for rows that a command made itself; cells are text, `numbers` tells which columns are numbers.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<bool> numbers;
  std::vector<std::vector<std::string>> rows;
};
void print_table(const TextTable& table, Form form);

// Parts of a larger output: a JSON array without a line's end; a table with its heading. An empty cell of a number
// column is null.
std::string json_of(const warehouse::Rows& rows);
std::string json_of(const TextTable& table);
std::string table_of(const warehouse::Rows& rows);
std::string table_of(const TextTable& table);

// Text without escape sequences or other control characters (newlines and tabs become spaces).
std::string printable(std::string_view text);

std::string grouped(std::int64_t number);  // 1,234,567
std::string human_bytes(double bytes);     // 12.3 MiB

}  // namespace deskhouse::app
