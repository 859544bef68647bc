// What SQL of others (a query to the server, a check of a project) may do: SELECTs over the warehouse's tables, with
// functions of a list. DuckDB's own switches do not stop a statement that reads files or damages its own
// (docs/decisions/0036, 0037), so its syntax tree is looked at.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

struct Verdict {
  bool is_stable = true;  // false: it asks for the time or for chance, so its answer must not be kept
  std::string normal;     // the same for statements that differ in spaces, comments and the case of keywords only
};

// Thread-safe.
class SqlGuard {
 public:
  // Whose SQL it is: that of a reader of the server, or of the project's own files (its checks), which may look at
  // staging too.
  enum class Author { reader, project };
  // Fails with Kind::usage and a sentence that says what is not allowed. `connection` is asked for the syntax tree and
  // for the names of tables.
  Result<Verdict> check(Connection& connection, std::string_view sql, Author author = Author::reader);

 private:
  Result<bool> is_table(Connection& connection, const std::string& name);

  std::mutex mutex_;
  std::set<std::string> tables_;  // "schema.table" of tables and views that were there when they were looked for
};

}  // namespace deskhouse::warehouse
