#include "sources/pg_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "base/nearest.h"
#include "base/parse.h"

namespace deskhouse::sources {
namespace {

constexpr std::uint64_t kXidSpan = std::uint64_t{1} << 32;
// Transaction numbers are compared as 32-bit numbers that wrap: well before half of that is used up, all is read again.
constexpr std::uint64_t kOldestComparable = std::uint64_t{1} << 30;
Result<PgRelation> find_query(PgSession& session, const config::EntityMapping& entity) {
  PgRelation relation{.from = as_subquery(entity.query), .shown = "the query", .id = "", .columns = {}};
  DH_ASSIGN(const auto columns, session.describe(fmt::format("the query of {}.{}", entity.source, entity.entity),
                                                 fmt::format("select * from {}", relation.from)));
  std::string types;
  for (const auto& column : columns) types += fmt::format("{}{}", types.empty() ? "{" : ",", column.type);
  DH_ASSIGN(const auto names, session.query("naming types",
                                            "select format_type(t, null) from unnest($1::oid[]) with ordinality as "
                                            "u(t, n) order by n",
                                            {types.empty() ? "{}" : types + "}"}));
  for (std::size_t i = 0; i < columns.size(); ++i)
    relation.columns.push_back({columns[i].name, columns[i].type, true, names.text(i, 0)});
  return relation;
}

Error no_such_table(PgSession& session, const config::EntityMapping& entity) {
  std::vector<std::string> known;
  const auto tables = session.query(
      "listing the tables",
      "select case when pg_table_is_visible(c.oid) then '' else n.nspname || '.' end || c.relname, n.nspname || '.' || "
      "c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm', 'p', "
      "'f') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%' order by 1 "
      "limit 5000");
  if (tables)
    for (const auto& row : tables->rows)
      for (const auto& name : row) known.push_back(name.value_or(""));
  return wrong(entity,
               fmt::format("there is no table '{}' in {} that the role '{}' can see{}. Correct `table`", entity.table,
                           session.shown(), session.snapshot().user, did_you_mean(entity.table, known)))
      .error();
}

// The type of date-time of a column, as find_cursor asks for it.
std::function<TimeType(const std::string&)> time_types(const PgRelation& relation) {
  return [&relation](const std::string& column) -> TimeType {
    switch (form_of(relation.find(column)->type)) {
      case PgForm::timestamptz:
        return {"timestamptz", true};
      case PgForm::timestamp:
        return {"timestamp", false};
      case PgForm::date:
        return {"date", false};
      default:
        return {};
    }
  };
}

// A backfill: the rows whose times are in the period.
void restrict_to(const Period& period, const config::EntityMapping& entity, const PgRelation& relation,
                 PgStatement& statement) {
  std::vector<std::string> any;
  for (const auto& times : times_in(period, entity, relation.names(), time_types(relation))) {
    const auto* type = times.type.is_zoned ? "timestamptz" : "timestamp";
    const auto setting = fmt::format("deskhouse.{}", times.field);
    statement.settings.emplace_back(setting + "_from", times.from);
    statement.settings.emplace_back(setting + "_to", times.to);
    any.push_back(
        fmt::format("({0} >= (select current_setting('{1}_from')::{2}) and {0} < (select "
                    "current_setting('{1}_to')::{2}))",
                    quoted_name(times.column), setting, type));
  }
  if (any.empty()) return;
  statement.reads_all = false;
  statement.sql += fmt::format(" where {}", fmt::join(any, " or "));
}

// The rows that are new, as the text of a condition.
std::string condition(const SqlCursor& cursor, bool scans) {
  const auto* type = cursor.type.is_zoned ? "timestamptz" : "timestamp";
  std::vector<std::string> any, none;
  for (const auto& column : cursor.times) {
    const auto name = quoted_name(column);
    auto newer = fmt::format("{} > (select current_setting('deskhouse.after')::{})", name, type);
    // A record of the future is seen when it is written, and again when its time has come, not by every run.
    if (scans) newer += fmt::format(" and {} <= (select current_setting('deskhouse.latest')::{})", name, type);
    any.push_back(fmt::format("({})", newer));
    none.push_back(fmt::format("{} is null", name));
  }
  // Rows so old that their number is of a former round of the 32-bit counter may have an age below 0.
  any.push_back(scans ? "age(xmin) between 0 and (select age(current_setting('deskhouse.xmin')::xid))"
                      : fmt::format("({})", fmt::join(none, " and ")));
  return fmt::format("{}", fmt::join(any, " or "));
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

const PgColumn* PgRelation::find(const std::string& name) const {
  const auto it = std::ranges::find(columns, name, &PgColumn::name);
  return it == columns.end() ? nullptr : &*it;
}

std::vector<std::string> PgRelation::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

Result<PgRelation> find_relation(PgSession& session, const config::EntityMapping& entity) {
  if (!entity.query.empty()) return find_query(session, entity);
  DH_ASSIGN(const auto tables,
            session.query(reading(entity),
                          "select c.oid, c.relkind, format('%I.%I', n.nspname, c.relname), n.nspname || '.' || "
                          "c.relname || ' in the database ' || current_database(), c.reltuples::bigint, "
                          "row_security_active(c.oid)::int from pg_class c "
                          "join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)",
                          {entity.table}));
  if (tables.rows.empty()) return std::unexpected(no_such_table(session, entity));
  PgRelation relation{.from = tables.text(0, 2),
                      .shown = tables.text(0, 3),
                      .id = tables.text(0, 0),
                      .kind = tables.text(0, 1)[0],
                      .rows = static_cast<double>(parse_integer(tables.text(0, 4)).value),
                      .hides_rows = tables.text(0, 5) == "1",
                      .columns = {}};
  if (std::string_view("rpvmf").find(relation.kind) == std::string_view::npos)
    return wrong(entity, fmt::format("'{}' is neither a table nor a view", entity.table));
  // A domain is sent as the type below it.
  DH_ASSIGN(const auto columns,
            session.query(reading(entity),
                          "select a.attname, case when t.typtype = 'd' then t.typbasetype else t.oid end, "
                          "has_column_privilege(a.attrelid, a.attnum, 'select')::int, format_type(a.atttypid, "
                          "a.atttypmod) from pg_attribute a join pg_type "
                          "t on t.oid = a.atttypid where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped "
                          "order by a.attnum",
                          {relation.id}));
  for (std::size_t i = 0; i < columns.rows.size(); ++i)
    relation.columns.push_back({columns.text(i, 0), static_cast<std::uint32_t>(parse_integer(columns.text(i, 1)).value),
                                columns.text(i, 2) == "1", columns.text(i, 3)});
  return relation;
}

Result<std::optional<SqlCursor>> find_cursor(const config::EntityMapping& entity, const PgRelation& relation) {
  return find_cursor(entity, relation.shown, relation.names(), time_types(relation));
}

Result<bool> scans_transactions(const config::EntityMapping& entity, const PgRelation& relation) {
  if (entity.strategy == config::Strategy::full) return false;
  if (entity.horizon == config::Horizon::scan && !relation.has_xmin())
    return wrong(entity, "horizon = \"scan\" needs a table: the rows of a view or query do not tell their transaction");
  return entity.horizon != config::Horizon::window && relation.has_xmin();
}

PgStatement make_statement(const config::EntityMapping& entity, const PgRelation& relation,
                           const std::optional<SqlCursor>& cursor, bool scans, const PgSnapshot& snapshot,
                           const SqlSelection& columns, const Since& since) {
  PgStatement statement;
  const auto& select = columns.select;
  statement.state = {.kind = "pg2",
                     .meaning = meaning_of(entity, columns.columns),
                     .columns = hashes_of(select),
                     .database = snapshot.database,
                     .relation = relation.id,
                     .xmin = snapshot.xmin,
                     .clocks = snapshot.clocks};
  std::vector<std::string> items;
  for (const auto& name : select) {
    auto item = quoted_name(name);
    if (entity.strategy == config::Strategy::modified_or_created && name == cursor->times[0])
      item = fmt::format("coalesce({}, {})", item, quoted_name(cursor->times[1]));
    else if (form_of(relation.find(name)->type) == PgForm::cast)
      item += "::text";
    items.push_back(std::move(item));
  }
  statement.sql = fmt::format("select {} from {}", fmt::join(items, ", "), relation.from);
  if (since.period) {
    restrict_to(*since.period, entity, relation, statement);
    return statement;
  }
  if (!cursor) return statement;

  const auto before = SqlState::parse(since.state);
  if (!before || !statement.state.continues(*before)) return statement;
  // A server whose numbers went back is an older copy of itself.
  if (scans && (before->xmin > snapshot.xmax || snapshot.xmax - before->xmin > kOldestComparable)) return statement;
  statement.reads_all = false;
  const auto zone = cursor->is_local ? "" : "Z";
  const auto lower = lower_bound(entity, snapshot.clocks, before->clocks, since.watermark);
  statement.settings = {
      {"deskhouse.after", bound_text(*cursor, lower, Bound::lower) + zone},
      {"deskhouse.latest", bound_text(*cursor, latest_of(entity, snapshot.clocks), Bound::upper) + zone},
      {"deskhouse.xmin", fmt::format("{}", before->xmin % kXidSpan)}};
  statement.sql += " where " + condition(*cursor, scans);
  statement.sql += fmt::format(" order by {} nulls first{}", quoted_name(cursor->times[0]),
                               cursor->id.empty() ? "" : ", " + quoted_name(cursor->id));
  return statement;
}

}  // namespace deskhouse::sources
