// What a run asks a MySQL or MariaDB server for: the table or query of an entity, and the rows of it that are new
// (docs/decisions/0019-mysql-goes-back-to-open-transactions.md). Values are never part of a statement's text: they are
// variables of the session, set by a prepared statement; names are quoted.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/mysql_session.h"
#include "sources/mysql_values.h"
#include "sources/source.h"
#include "sources/sql_records.h"
#include "sources/sql_window.h"

namespace deskhouse::sources {

struct MysqlColumn {
  std::string name;
  MysqlForm form = MysqlForm::text;
  std::string type_name;  // as information_schema names it
  bool readable = true;
};

// The table or query of an entity as it is on the server.
struct MysqlRelation {
  std::string from;      // for a statement: `desk`.`tickets`, or the query in parentheses
  std::string shown;     // for people: "desk.tickets"
  std::string database;  // of a table
  std::string table;     // empty for a query
  std::string engine;    // "InnoDB"; empty for views and queries
  std::string id;        // changes when the table is made anew; empty where that cannot be known
  double rows = -1;      // the server's estimate; -1: none
  std::vector<MysqlColumn> columns;
  const MysqlColumn* find(const std::string& name) const;
  std::vector<std::string> names() const;
};

// The parts of "tickets", "desk.tickets" or "`my desk`.`ti``ckets`": database, which may be empty, and table. None if
// it is not of that form.
std::optional<std::pair<std::string, std::string>> mysql_table_name(const std::string& text);

// REQUIRES session.begin(). Fails for a table that is not there, with the nearest name.
Result<MysqlRelation> find_relation(MysqlSession& session, const config::EntityMapping& entity);

// As find_cursor of sql_window.h.
Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const MysqlRelation& relation);

// Whether every run reads all rows, since going back in time could miss some.
bool scans_all(const config::EntityMapping& entity, const MysqlRelation& relation, const MysqlSnapshot& snapshot);

struct MysqlStatement {
  std::string sql;
  std::vector<std::pair<std::string, std::string>> variables;  // of the session, to set before it
  bool reads_all = true;
  SqlState state;  // once it was read to its end
};

// REQUIRES that each of columns.select is in the relation.
MysqlStatement make_statement(const config::EntityMapping& entity, const MysqlRelation& relation,
                              const std::optional<SqlCursor>& cursor, bool scans, const MysqlSnapshot& snapshot,
                              const SqlSelection& columns, const Since& since);

}  // namespace deskhouse::sources
