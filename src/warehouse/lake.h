// What DuckDB leaves to those who use DuckLake: where its extensions are, and that one process writes at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/location.h"

namespace deskhouse::warehouse {

// The lake's name in the engine.
inline constexpr std::string_view kLakeName = "deskhouse";

// Of its catalogue, whose tables are DuckLake's.
std::string catalogue_name();

// SQL that attaches a warehouse, whose engine may be another one; of a lake, it loads the extensions, and from then on
// the engine trusts no statistics of whole tables (decision 0053). An extension in the folder `extensions` beside
// DuckDB's library comes before one that DuckDB has installed for this user.
std::string attach_sql(const config::Location& location, std::string_view name, bool read_only);

// The same for a lake as it was in one of its snapshots, to read only. One statement; REQUIRES that the extensions are
// loaded.
std::string attach_snapshot_sql(const config::Location& location, std::string_view name, std::int64_t snapshot);

// The same for a copy of the catalogue, a DuckDB file (lake_copy.h).
std::string attach_copy_sql(const config::Location& location, std::string_view name, std::string_view file);

// What to do about a failure of that SQL.
Error lake_error(const config::Location& location, std::string_view message);

// Held by the one process that writes to a lake: DuckLake lets two append side by side, and both would count the same
// run. It ends with the process, however that ends.
class WriterLock {
 public:
  virtual ~WriterLock() = default;
  // Before a commit. Fails if the catalogue's server has ended the session meanwhile: another may have begun.
  virtual Status still_held() = 0;
};

// Fails at once, and says who has it.
Result<std::unique_ptr<WriterLock>> lock_lake(const config::Location& location);

}  // namespace deskhouse::warehouse
