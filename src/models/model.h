// A model: one SQL file that becomes one table or view. docs/models.md is the format's reference.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deskhouse::models {

enum class Kind { view, table, keyed, additive };
std::string_view to_string(Kind kind);

struct Model {
  std::string name;  // schema.table
  std::string path;  // for messages
  std::string grain, description, owner;
  Kind kind = Kind::view;
  std::vector<std::string> columns;        // keyed: the key column; additive: the grain columns
  std::string from;                        // additive: the table whose rows are summed
  std::vector<std::string> changed;        // keyed: SELECTs of keys
  std::string histories;                   // keyed, optional: a SELECT of observations, see docs/models.md
  std::string slices;                      // keyed, optional: schema.table.column, see docs/models.md
  std::int64_t slice_rows = 0;             // rows of a slice at most; 0: what is usual for its column
  std::string partition_by;                // optional: a lake keeps the rows by the month of this column
  std::vector<std::string> distributions;  // additive: measures kept number by number, not summed
  std::vector<std::pair<std::string, std::string>> derive;  // additive: column, expression over the sums
  std::vector<std::string> audits;
  std::string body;                     // the SELECT, without the header and a final semicolon
  std::vector<std::string> references;  // tables named in body, from and changed; sorted, unique
  std::string text_hash;                // of the whole file
};

// The error names the file, the line and the header that is wrong.
Result<Model> parse_model(std::string_view path, std::string_view text);

// The built-in models and those of <project>/models (same name: replaced), in an order in which each comes after what
// it references. A cycle, or a reference to a table that nobody makes, is an error that names it.
Result<std::vector<Model>> load_models(const std::filesystem::path& project);

// All SQL or TOML files under a folder of the binary ("models", "checks") overlaid by the project's own; path -> text.
Result<std::map<std::string, std::string>> load_files(std::string_view folder, std::string_view extension,
                                                      const std::filesystem::path& project);

// Which of `columns` the models may read of {{old table}} and {{new table}}, or of `table` as an additive model's
// {{source}}: those that their SQL names, all of them where it says `*`.
std::vector<std::string> columns_read(const std::vector<Model>& models, std::string_view table,
                                      const std::vector<std::string>& columns);

// "schema.table" names in SQL text whose schema is one of the warehouse's; sorted, unique.
std::vector<std::string> referenced_tables(std::string_view sql);

}  // namespace deskhouse::models
