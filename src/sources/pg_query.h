// What a run asks a PostgreSQL server for: the table or query of an entity, and the rows of it that are new
// (docs/decisions/0018-postgresql-reads-what-changed.md). Values are never part of a statement's text: they are
// settings of the transaction, set by parameters and read by current_setting(); names are quoted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/pg_binary.h"
#include "sources/pg_session.h"
#include "sources/source.h"

namespace deskhouse::sources {

struct PgColumn {
  std::string name;
  std::uint32_t type = 0;  // of a domain: the type below it
  bool readable = true;
  std::string type_name = {};  // as the server writes it, "timestamp with time zone"
};

// The table or query of an entity as it is on the server.
struct PgRelation {
  std::string from;         // for a statement: "public"."tickets", or the query in parentheses
  std::string shown;        // for people: "public.tickets in the database desk"
  std::string id;           // object id of a table; empty for a query
  char kind = 'q';          // as pg_class.relkind, q: a query
  double rows = -1;         // the server's estimate; -1: none
  bool hides_rows = false;  // a row security policy decides which rows this role sees
  std::vector<PgColumn> columns;
  bool has_xmin() const { return kind == 'r' || kind == 'p' || kind == 'm'; }
  const PgColumn* find(const std::string& name) const;
  std::vector<std::string> names() const;
};

// REQUIRES session.begin(). Fails for a table that is not there, with the nearest name.
Result<PgRelation> find_relation(PgSession& session, const config::EntityMapping& entity);

// The raw columns that the strategy goes by; none: all is read. Fails if they are missing though the mapping needs
// them, or are no date-times.
struct PgCursor {
  std::vector<PgColumn> times;  // updated_at; and created_at for modified_or_created
  std::string id;               // raw column of the id; empty if it is no column
  TimeZone zone;                // of times without one
  bool is_local = false;        // the column tells a local time of `zone`
};
Result<std::optional<PgCursor>> find_cursor(const config::EntityMapping& entity, const PgRelation& relation);

// Whether rows are found by their transaction; else by going back in time.
Result<bool> scans_transactions(const config::EntityMapping& entity, const PgRelation& relation);

// Where a run was, as kept in Reader::state.
struct PgState {
  std::string meaning;   // of what is asked for: another table, query or list of columns begins anew
  std::string columns;   // a hash of each that was there and read, so that one that is new begins anew
  std::string database;  // object ids: a restored or recreated table begins anew
  std::string relation;
  std::uint64_t xmin = 0;
  Timestamp clock, local, oldest;  // as in PgSnapshot
  std::string text() const;
  static std::optional<PgState> parse(std::string_view text);
};

struct PgStatement {
  std::string sql;                                            // for COPY
  std::vector<std::pair<std::string, std::string>> settings;  // before it, in the same transaction
  bool reads_all = true;
  PgState state;  // once it was read to its end
};

struct PgColumns {
  std::vector<std::string> asked;   // by the mapping; some may not be there
  std::vector<std::string> select;  // those to read, each once
};

// REQUIRES that each of columns.select is in the relation.
PgStatement make_statement(const config::EntityMapping& entity, const PgRelation& relation,
                           const std::optional<PgCursor>& cursor, bool scans, const PgSnapshot& snapshot,
                           const PgColumns& columns, const Since& since);

std::string quoted_name(std::string_view name);  // "a ""name"""

}  // namespace deskhouse::sources
