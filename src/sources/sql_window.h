// Which rows of a database server are new since the last run, as far as that can be told by their date-times: what the
// sources of servers share. What each adds: docs/decisions/0018 (PostgreSQL) and 0019 (MySQL).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "config/config.h"
#include "sources/source.h"

namespace deskhouse::sources {

// When a snapshot was taken.
struct ServerClocks {
  Timestamp clock;   // the server's
  Timestamp local;   // ours at that moment
  Timestamp oldest;  // start of the oldest transaction that was open, as far as we may see; at most `clock`
};

// A type of date-time, by the name that the server has for it.
struct TimeType {
  std::string name;       // empty: no date-time
  bool is_zoned = false;  // an instant; else the reading of a local clock
  bool operator==(const TimeType&) const = default;
};

// The raw columns that the strategy goes by; none: all is read.
struct SqlCursor {
  std::vector<std::string> times;  // updated_at; and created_at for modified_or_created
  TimeType type;                   // of each of them
  std::string id;                  // raw column of the id; empty if it is no column
  TimeZone zone;                   // of times without one
  bool is_local = false;           // the column tells a local time of `zone`
};
// `has` are the columns of the table or query that `shown` names for people. Fails if those of the strategy are missing
// though the mapping needs them, or are no date-times of one type.
Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const std::string& shown,
                                             const std::vector<std::string>& has,
                                             const std::function<TimeType(const std::string&)>& type_of);

// Since when rows count as new: the least of the watermark and of the last snapshot's clock and oldest transaction,
// less what the server's clock lost against ours since then, less the overlap.
Timestamp lower_bound(const config::EntityMapping& entity, const ServerClocks& now, const ServerClocks& before,
                      const std::optional<Timestamp>& watermark);
// The latest date-time that a row may have without being of the future.
Timestamp latest_of(const config::EntityMapping& entity, const ServerClocks& now);

// A bound as the text of an ISO date-time to compare the cursor's columns with: without a zone, and in the cursor's own
// where it tells local times. There it is up to two hours lower or higher, since a clock that changes repeats an hour.
enum class Bound { lower, upper };
std::string bound_text(const SqlCursor& cursor, Timestamp at, Bound bound);

// For a backfill: a column that tells when a record was written or created, and the period as bound_text.
struct TimesIn {
  std::string field, column;
  TimeType type;
  std::string from, to;  // >= from, < to
};
// A record is of the period if one of them is. Empty: the columns do not tell, and all is read.
std::vector<TimesIn> times_in(const Period& period, const config::EntityMapping& entity,
                              const std::vector<std::string>& has,
                              const std::function<TimeType(const std::string&)>& type_of);

// Where a run was, as kept in Reader::state.
struct SqlState {
  std::string kind;      // of source, and version of this text: "pg1"
  std::string meaning;   // of what is asked for: another table, query or list of columns begins anew
  std::string columns;   // a hash of each that was there and read, so that one that is new begins anew
  std::string database;  // a restored or recreated one begins anew. No spaces; may be empty, as all of these
  std::string relation;
  std::uint64_t xmin = 0;  // PostgreSQL only: the oldest transaction that was open
  ServerClocks clocks;

  std::string text() const;
  static std::optional<SqlState> parse(std::string_view text);
  // Whether what `before` had read of the same table is all that this reads but for newer rows: every column was
  // there. One that went away leaves what was read as it is.
  bool continues(const SqlState& before) const;
};

// SqlState::meaning for these columns, of which some may not be there, and SqlState::columns for those that are.
std::string meaning_of(const config::EntityMapping& entity, const std::vector<std::string>& asked);
std::string hashes_of(std::vector<std::string> columns);

// The query of an entity without what may stand behind its end, in parentheses.
std::string as_subquery(const std::string& query);

// For `deskhouse doctor`: how far the server's clock is from ours.
Finding clock_finding(const ServerClocks& clocks);
// And whether a key of the table keeps apart the ids that `column`, quoted, gives.
Finding unique_finding(const std::string& column, bool is_unique);

// An error about what deskhouse.toml says of the entity.
std::unexpected<Error> wrong(const config::EntityMapping& entity, std::string_view what);
// "tickets of public.tickets", for errors of statements about it.
std::string reading(const config::EntityMapping& entity);

}  // namespace deskhouse::sources
