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
#include "sources/sql_records.h"
#include "sources/sql_window.h"

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

// As find_cursor of sql_window.h.
Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const PgRelation& relation);

// Whether rows are found by their transaction; else by going back in time.
Result<bool> scans_transactions(const config::EntityMapping& entity, const PgRelation& relation);

struct PgStatement {
  std::string sql;                                            // for COPY
  std::vector<std::pair<std::string, std::string>> settings;  // before it, in the same transaction
  bool reads_all = true;
  SqlState state;  // once it was read to its end
};

// REQUIRES that each of columns.select is in the relation.
PgStatement make_statement(const config::EntityMapping& entity, const PgRelation& relation,
                           const std::optional<SqlCursor>& cursor, bool scans, const PgSnapshot& snapshot,
                           const SqlSelection& columns, const Since& since);

std::string quoted_name(std::string_view name);  // "a ""name"""

}  // namespace deskhouse::sources
