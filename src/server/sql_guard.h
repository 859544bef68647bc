// What SQL from outside may do: SELECTs over the warehouse's tables, with functions of a list. DuckDB's own switches do
// not stop a statement that reads files or damages its own (docs/decisions/0036), so its syntax tree is looked at.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::server {

struct Verdict {
  bool is_stable = true;  // false: it asks for the time or for chance, so its answer must not be kept
};

// Thread-safe.
class SqlGuard {
 public:
  // Fails with Kind::usage and a sentence that says what is not allowed. `connection` is asked for the syntax tree and
  // for the names of tables.
  Result<Verdict> check(warehouse::Connection& connection, std::string_view sql);

 private:
  Result<bool> is_table(warehouse::Connection& connection, const std::string& name);

  std::mutex mutex_;
  std::set<std::string> tables_;  // "schema.table" of tables and views that were there when they were looked for
};

}  // namespace deskhouse::server
