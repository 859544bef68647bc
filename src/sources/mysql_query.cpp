#include "sources/mysql_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <functional>

#include "base/nearest.h"
#include "base/parse.h"

namespace deskhouse::sources {
namespace {

Result<MysqlRelation> find_query(MysqlSession& session, const config::EntityMapping& entity) {
  MysqlRelation relation{.from = as_subquery(entity.query), .shown = "the query", .columns = {}};
  DH_ASSIGN(const auto columns, session.describe(fmt::format("the query of {}.{}", entity.source, entity.entity),
                                                 fmt::format("select * from {}", relation.from)));
  for (const auto& column : columns) relation.columns.push_back({column.name, column.form, column.type});
  return relation;
}

Error no_such_table(MysqlSession& session, const config::EntityMapping& entity, const std::string& database,
                    const std::string& table) {
  std::vector<std::string> known;
  const auto tables = session.query("listing the tables",
                                    "select if(table_schema = ?, table_name, concat(table_schema, '.', table_name)) "
                                    "from information_schema.tables where table_schema not in ('information_schema', "
                                    "'mysql', 'performance_schema', 'sys') order by 1 limit 5000",
                                    {database});
  if (tables)
    for (std::size_t i = 0; i < tables->rows.size(); ++i) known.push_back(tables->text(i, 0));
  const auto& user = session.snapshot().user;
  return wrong(entity,
               fmt::format("there is no table '{}' in the database {} of {} that the user {} can see{}. Correct "
                           "`table`, or let the user read it: GRANT SELECT ON {}.{} TO {}",
                           table, database, session.shown(), user, did_you_mean(table, known), mysql_quoted(database),
                           mysql_quoted(table), user))
      .error();
}

// Identifies a table beyond its name. create_time stays when a table is truncated; the number of the tablespace does
// not, but only those with PROCESS see it.
Result<std::string> identity(MysqlSession& session, const config::EntityMapping& entity, const std::string& database,
                             const std::string& table, const std::string& created) {
  if (!session.snapshot().sees_all) return created;
  const bool is_mariadb = session.snapshot().version.find("MariaDB") != std::string::npos;
  DH_ASSIGN(const auto ids,
            session.query(reading(entity),
                          fmt::format("select table_id from information_schema.{} where name = concat(?, '/', ?)",
                                      is_mariadb ? "innodb_sys_tables" : "innodb_tables"),
                          {database, table}));
  return ids.rows.empty() ? created : fmt::format("{}/{}", created, ids.text(0, 0));
}

Status find_columns(MysqlSession& session, const config::EntityMapping& entity, MysqlRelation& relation) {
  DH_ASSIGN(const auto columns,
            session.query(reading(entity),
                          "select column_name, lower(data_type), find_in_set('select', lower(privileges)) > 0 from "
                          "information_schema.columns where table_schema = ? and table_name = ? order by "
                          "ordinal_position",
                          {relation.database, relation.table}));
  for (std::size_t i = 0; i < columns.rows.size(); ++i) {
    const auto& type = columns.text(i, 1);
    relation.columns.push_back({columns.text(i, 0), mysql_form(type), type, columns.text(i, 2) == "1"});
  }
  return {};
}

// The type of date-time of a column, as find_cursor asks for it.
std::function<TimeType(const std::string&)> time_types(const MysqlRelation& relation) {
  return [&relation](const std::string& column) -> TimeType {
    const auto& found = *relation.find(column);
    const bool is_time =
        found.form == MysqlForm::timestamp || found.form == MysqlForm::datetime || found.form == MysqlForm::date;
    return {is_time ? found.type_name : "", found.form == MysqlForm::timestamp};
  };
}

// A backfill: the rows whose times are in the period.
void restrict_to(const Period& period, const config::EntityMapping& entity, const MysqlRelation& relation,
                 MysqlStatement& statement) {
  std::vector<std::string> any;
  for (const auto& times : times_in(period, entity, relation.names(), time_types(relation))) {
    const auto variable = fmt::format("deskhouse_{}", times.field);
    statement.variables.emplace_back(variable + "_from", times.from);
    statement.variables.emplace_back(variable + "_to", times.to);
    any.push_back(fmt::format("({0} >= cast(@{1}_from as datetime(6)) and {0} < cast(@{1}_to as datetime(6)))",
                              mysql_quoted(times.column), variable));
  }
  if (any.empty()) return;
  statement.reads_all = false;
  statement.sql += fmt::format(" where {}", fmt::join(any, " or "));
}

// The rows that are new, as the text of a condition. A zero date stands for "not yet" where a column may not be NULL.
std::string condition(const SqlCursor& cursor) {
  std::vector<std::string> any, none;
  for (const auto& column : cursor.times) {
    const auto name = mysql_quoted(column);
    any.push_back(fmt::format("{} > cast(@deskhouse_after as datetime(6))", name));
    none.push_back(fmt::format("({0} is null or {0} = 0)", name));
  }
  any.push_back(fmt::format("({})", fmt::join(none, " and ")));
  return fmt::format("{}", fmt::join(any, " or "));
}

std::string select_list(const config::EntityMapping& entity, const MysqlRelation& relation,
                        const std::optional<SqlCursor>& cursor, const std::vector<std::string>& select) {
  std::vector<std::string> items;
  for (const auto& name : select) {
    auto item = mysql_expression(relation.find(name)->form, mysql_quoted(name));
    if (entity.strategy == config::Strategy::modified_or_created && cursor && name == cursor->times[0])
      item = fmt::format("coalesce(nullif({}, 0), {})", item, mysql_quoted(cursor->times[1]));
    items.push_back(std::move(item));
  }
  if (items.empty()) items.emplace_back("1");  // rows count without columns too
  return fmt::format("{}", fmt::join(items, ", "));
}

// An ALTER leaves a table with another identity, as if it had been made anew. Where a column went it is taken for one:
// if all rows were read again, what was read of that column would be lost (docs/decisions/0024-contracts.md).
SqlState as_altered(SqlState now, const SqlState& before, const MysqlRelation& relation) {
  const auto there = hashes_of(relation.names());
  for (std::string_view rest = before.columns; !rest.empty();) {
    const auto hash = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(hash.size() + 1, rest.size()));
    if (there.find(hash) == std::string::npos) now.relation = before.relation;
  }
  return now;
}

}  // namespace

const MysqlColumn* MysqlRelation::find(const std::string& name) const {
  const auto it = std::ranges::find(columns, name, &MysqlColumn::name);
  return it == columns.end() ? nullptr : &*it;
}

std::vector<std::string> MysqlRelation::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::optional<std::pair<std::string, std::string>> mysql_table_name(const std::string& text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      parts.emplace_back();
    } else if (text[i] != '`') {
      parts.back() += text[i];
    } else {
      if (!parts.back().empty()) return std::nullopt;
      for (++i;; ++i) {
        if (i >= text.size()) return std::nullopt;
        if (text[i] == '`' && (i + 1 == text.size() || text[i + 1] != '`')) break;
        if (text[i] == '`') ++i;
        parts.back() += text[i];
      }
      if (i + 1 < text.size() && text[i + 1] != '.') return std::nullopt;
    }
  }
  if (parts.size() > 2 || std::ranges::any_of(parts, &std::string::empty)) return std::nullopt;
  if (parts.size() == 1) return std::pair(std::string(), parts[0]);
  return std::pair(parts[0], parts[1]);
}

Result<MysqlRelation> find_relation(MysqlSession& session, const config::EntityMapping& entity) {
  if (!entity.query.empty()) return find_query(session, entity);
  const auto parts = mysql_table_name(entity.table);
  if (!parts)
    return wrong(entity, fmt::format("'{}' is no name of a table: write \"tickets\", \"desk.tickets\" or, where a name "
                                     "has other characters than letters, \"`my desk`.`tickets`\"",
                                     entity.table));
  const auto& database = parts->first.empty() ? session.snapshot().database : parts->first;
  if (database.empty())
    return wrong(entity, fmt::format("in which database is '{}'? Name it: dbname of the source, or table = "
                                     "\"DATABASE.{}\"",
                                     entity.table, entity.table));
  DH_ASSIGN(const auto tables,
            session.query(reading(entity),
                          "select table_schema, table_name, coalesce(engine, ''), coalesce(date_format(create_time, "
                          "'%Y%m%dT%H%i%s'), ''), coalesce(table_rows, -1) from information_schema.tables where "
                          "table_schema = ? and table_name = ?",
                          {database, parts->second}));
  if (tables.rows.empty()) return std::unexpected(no_such_table(session, entity, database, parts->second));
  MysqlRelation relation{.from = fmt::format("{}.{}", mysql_quoted(tables.text(0, 0)), mysql_quoted(tables.text(0, 1))),
                         .shown = fmt::format("{}.{}", tables.text(0, 0), tables.text(0, 1)),
                         .database = tables.text(0, 0),
                         .table = tables.text(0, 1),
                         .engine = tables.text(0, 2),
                         .rows = static_cast<double>(tables.integer(0, 4)),
                         .columns = {}};
  DH_ASSIGN(relation.id, identity(session, entity, relation.database, relation.table, tables.text(0, 3)));
  DH_TRY(find_columns(session, entity, relation));
  return relation;
}

Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const MysqlRelation& relation) {
  return find_cursor(entity, relation.shown, relation.names(), time_types(relation));
}

bool scans_all(const config::EntityMapping& entity, const MysqlRelation& relation, const MysqlSnapshot& snapshot) {
  if (entity.strategy == config::Strategy::full) return false;  // it is no question there
  if (entity.horizon != config::Horizon::automatic) return entity.horizon == config::Horizon::scan;
  // Of other engines with transactions nobody tells which are open.
  const bool is_told = relation.engine.empty() || relation.engine == "InnoDB" || relation.engine == "MyISAM" ||
                       relation.engine == "Aria" || relation.engine == "MEMORY";
  return !snapshot.sees_all || !is_told;
}

MysqlStatement make_statement(const config::EntityMapping& entity, const MysqlRelation& relation,
                              const std::optional<SqlCursor>& cursor, bool scans, const MysqlSnapshot& snapshot,
                              const SqlSelection& columns, const Since& since) {
  MysqlStatement statement;
  const auto place = fmt::format("{}\n{}", snapshot.server, snapshot.database);
  statement.state = {.kind = "my1",
                     .meaning = meaning_of(entity, columns.columns),
                     .columns = hashes_of(columns.select),
                     .database = fmt::format("{:016x}", XXH3_64bits(place.data(), place.size())),
                     .relation = relation.id,
                     .clocks = snapshot.clocks};
  statement.sql =
      fmt::format("select {} from {}", select_list(entity, relation, cursor, columns.select), relation.from);
  if (since.period) {
    restrict_to(*since.period, entity, relation, statement);
    return statement;
  }
  if (!cursor || scans) return statement;
  const auto before = SqlState::parse(since.state);
  if (!before || !as_altered(statement.state, *before, relation).continues(*before)) return statement;
  statement.reads_all = false;
  const auto lower = lower_bound(entity, snapshot.clocks, before->clocks, since.watermark);
  statement.variables = {{"deskhouse_after", bound_text(*cursor, lower, Bound::lower)}};
  statement.sql += " where " + condition(*cursor);
  statement.sql += fmt::format(" order by {}{}", mysql_quoted(cursor->times[0]),
                               cursor->id.empty() ? "" : ", " + mysql_quoted(cursor->id));
  return statement;
}

}  // namespace deskhouse::sources
