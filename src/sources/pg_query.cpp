#include "sources/pg_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "base/parse.h"

namespace deskhouse::sources {
namespace {

constexpr std::uint64_t kXidSpan = std::uint64_t{1} << 32;
// Transaction numbers are compared as 32-bit numbers that wrap: well before half of that is used up, all is read again.
constexpr std::uint64_t kOldestComparable = std::uint64_t{1} << 30;
// A local clock repeats or leaves out an hour or two; comparing local times is wrong by at most so much.
constexpr std::int64_t kClockChange = 2 * kMicrosPerHour;

std::string place_of(const config::EntityMapping& entity) {
  return entity.line > 0 ? fmt::format("deskhouse.toml line {}: ", entity.line) : "";
}

std::unexpected<Error> wrong(const config::EntityMapping& entity, std::string_view what) {
  return fail(Error::Kind::config, fmt::format("{}{}.{}: {}", place_of(entity), entity.source, entity.entity, what));
}

std::string reading(const config::EntityMapping& entity) {
  return fmt::format("{} of {}", entity.entity, entity.input());
}

Result<PgRelation> find_query(PgSession& session, const config::EntityMapping& entity) {
  auto query = entity.query;
  while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n')) query.pop_back();
  PgRelation relation{.from = fmt::format("(\n{}\n) as entity", query), .shown = "the query", .id = "", .columns = {}};
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
  return {Error::Kind::config,
          fmt::format("{}{}.{}: there is no table '{}' in {} that the role '{}' can see{}. Correct `table`",
                      place_of(entity), entity.source, entity.entity, entity.table, session.shown(),
                      session.snapshot().user, did_you_mean(entity.table, known))};
}

std::string micros_text(Timestamp at, bool is_local) {
  // to_string writes UTC with Z; a local clock's reading is written the same way and compared without it.
  auto text = to_string(at);
  if (is_local) text.pop_back();
  return text;
}

// Since when rows count as new by their date-times.
Timestamp lower_bound(const config::EntityMapping& entity, const PgSnapshot& now, const PgState& before,
                      const std::optional<Timestamp>& watermark) {
  auto lower = std::min(before.clock, before.oldest);
  if (watermark) lower = std::min(lower, *watermark);
  // The server's clock against ours: what it lost since then, somebody set it back by.
  const auto lost = (before.clock.us - before.local.us) - (now.clock.us - now.local.us);
  return Timestamp{lower.us - std::max<std::int64_t>(lost, 0) - entity.overlap_seconds * kMicrosPerSecond};
}

std::string bound(const PgCursor& cursor, Timestamp at, std::int64_t slack) {
  if (!cursor.is_local) return micros_text(at, false);
  const bool changes = cursor.zone.changes().size() > 1;
  return micros_text(Timestamp{cursor.zone.to_local(at) + (changes ? slack : 0)}, true);
}

std::string meaning_of(const config::EntityMapping& entity, const std::vector<std::string>& asked) {
  const auto text = fmt::format("{}\n{}\n{}\n{}", static_cast<int>(entity.strategy), entity.table, entity.query,
                                fmt::join(asked, "\n"));
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::string hashes_of(std::vector<std::string> columns) {
  std::string hashes;
  std::ranges::sort(columns);
  for (const auto& name : columns)
    hashes += fmt::format("{}{:08x}", hashes.empty() ? "" : ",", XXH3_64bits(name.data(), name.size()) & 0xffffffff);
  return hashes;
}

// A column that went away leaves what was read as it is; one that came is to be read of all rows.
bool reads_no_new_column(const PgState& before, const PgState& now) {
  std::string_view rest = now.columns;
  while (!rest.empty()) {
    const auto hash = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(hash.size() + 1, rest.size()));
    if (before.columns.find(hash) == std::string::npos) return false;
  }
  return true;
}

// A backfill: the rows whose times are in the period, of those columns that tell times.
void restrict_to(const Period& period, const config::EntityMapping& entity, const PgRelation& relation,
                 PgStatement& statement) {
  std::vector<std::string> any;
  for (const std::string_view field : {"updated_at", "created_at"}) {
    const auto* mapping = entity.find(field);
    const auto* column = mapping != nullptr && mapping->column ? relation.find(*mapping->column) : nullptr;
    if (column == nullptr) continue;
    const auto form = form_of(column->type);
    if (form != PgForm::timestamp && form != PgForm::timestamptz && form != PgForm::date) return;  // reads all
    PgCursor cursor{.times = {*column},
                    .id = {},
                    .zone = mapping->time_zone.value_or(entity.time_zone),
                    .is_local = form != PgForm::timestamptz || entity.override_zone};
    const auto type = form == PgForm::timestamptz ? "timestamptz" : "timestamp";
    const auto setting = fmt::format("deskhouse.{}", field);
    statement.settings.emplace_back(setting + "_from", bound(cursor, period.from, -kClockChange));
    statement.settings.emplace_back(setting + "_to", bound(cursor, period.to, kClockChange));
    any.push_back(
        fmt::format("({0} >= (select current_setting('{1}_from')::{2}) and {0} < (select "
                    "current_setting('{1}_to')::{2}))",
                    quoted_name(column->name), setting, type));
  }
  if (any.empty()) return;
  statement.reads_all = false;
  statement.sql += fmt::format(" where {}", fmt::join(any, " or "));
}

// The rows that are new, as the text of a condition.
std::string condition(const PgCursor& cursor, bool scans) {
  const auto type = [](const PgColumn& column) {
    return form_of(column.type) == PgForm::timestamptz ? "timestamptz" : "timestamp";
  };
  std::vector<std::string> any, none;
  for (const auto& column : cursor.times) {
    const auto name = quoted_name(column.name);
    auto newer = fmt::format("{} > (select current_setting('deskhouse.after')::{})", name, type(column));
    // A record of the future is seen when it is written, and again when its time has come, not by every run.
    if (scans) newer += fmt::format(" and {} <= (select current_setting('deskhouse.latest')::{})", name, type(column));
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

Result<std::optional<PgCursor>> find_cursor(const config::EntityMapping& entity, const PgRelation& relation) {
  if (entity.strategy == config::Strategy::full) return std::nullopt;
  PgCursor cursor;
  std::vector<std::string_view> fields = {"updated_at"};
  if (entity.strategy == config::Strategy::modified_or_created) fields.emplace_back("created_at");
  for (const auto field : fields) {
    const auto* mapping = entity.find(field);
    DH_ASSERT(mapping != nullptr && mapping->column, "config takes the strategy's fields from columns");
    const auto* column = relation.find(*mapping->column);
    if (column == nullptr && config::may_be_absent(entity, *mapping->column)) return std::nullopt;
    if (column == nullptr)
      return wrong(entity, fmt::format("the strategy needs the column '{}', which {} does not have{}", *mapping->column,
                                       relation.shown, did_you_mean(*mapping->column, relation.names())));
    const auto form = form_of(column->type);
    if (form != PgForm::timestamp && form != PgForm::timestamptz && form != PgForm::date)
      return wrong(entity, fmt::format("the column '{}' is no timestamp, so nothing can be read by it: cast it in a "
                                       "`query`, or set strategy = \"full\"",
                                       *mapping->column));
    const bool is_local = form != PgForm::timestamptz || entity.override_zone;
    if (!cursor.times.empty() && (is_local != cursor.is_local || form_of(cursor.times[0].type) != form))
      return wrong(entity, "updated_at and created_at must be columns of one type: cast one of them in a `query`");
    cursor.is_local = is_local;
    cursor.zone = mapping->time_zone.value_or(entity.time_zone);
    cursor.times.push_back(*column);
  }
  if (const auto* id = entity.find("id"); id != nullptr && id->column && relation.find(*id->column) != nullptr)
    cursor.id = *id->column;
  return cursor;
}

Result<bool> scans_transactions(const config::EntityMapping& entity, const PgRelation& relation) {
  if (entity.strategy == config::Strategy::full) return false;
  if (entity.horizon == config::Horizon::scan && !relation.has_xmin())
    return wrong(entity, "horizon = \"scan\" needs a table: the rows of a view or query do not tell their transaction");
  return entity.horizon != config::Horizon::window && relation.has_xmin();
}

std::string PgState::text() const {
  return fmt::format("pg2 meaning={} columns={} database={} relation={} xmin={} clock={} local={} oldest={}", meaning,
                     columns, database, relation.empty() ? "-" : relation, xmin, clock.us, local.us, oldest.us);
}

std::optional<PgState> PgState::parse(std::string_view text) {
  if (!text.starts_with("pg2 ")) return std::nullopt;
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (const auto equal = part.find('='); equal != std::string_view::npos)
      values[std::string(part.substr(0, equal))] = part.substr(equal + 1);
  }
  const auto number = [&](const char* key) { return parse_integer(values[key]); };
  for (const auto* key : {"xmin", "clock", "local", "oldest"})
    if (!number(key).ok()) return std::nullopt;
  return PgState{.meaning = values["meaning"],
                 .columns = values["columns"],
                 .database = values["database"],
                 .relation = values["relation"] == "-" ? "" : values["relation"],
                 .xmin = static_cast<std::uint64_t>(number("xmin").value),
                 .clock = Timestamp{number("clock").value},
                 .local = Timestamp{number("local").value},
                 .oldest = Timestamp{number("oldest").value}};
}

PgStatement make_statement(const config::EntityMapping& entity, const PgRelation& relation,
                           const std::optional<PgCursor>& cursor, bool scans, const PgSnapshot& snapshot,
                           const PgColumns& columns, const Since& since) {
  PgStatement statement;
  const auto& select = columns.select;
  statement.state = {.meaning = meaning_of(entity, columns.asked),
                     .columns = hashes_of(select),
                     .database = snapshot.database,
                     .relation = relation.id,
                     .xmin = snapshot.xmin,
                     .clock = snapshot.clock,
                     .local = snapshot.local,
                     .oldest = snapshot.oldest};
  std::vector<std::string> items;
  for (const auto& name : select) {
    auto item = quoted_name(name);
    if (entity.strategy == config::Strategy::modified_or_created && name == cursor->times[0].name)
      item = fmt::format("coalesce({}, {})", item, quoted_name(cursor->times[1].name));
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

  const auto before = PgState::parse(since.state);
  const auto& now = statement.state;
  const bool same = before && before->meaning == now.meaning && before->database == now.database &&
                    before->relation == now.relation && reads_no_new_column(*before, now);
  if (!same) return statement;
  // A server whose numbers went back is an older copy of itself.
  if (scans && (before->xmin > snapshot.xmax || snapshot.xmax - before->xmin > kOldestComparable)) return statement;
  statement.reads_all = false;
  const auto lower = lower_bound(entity, snapshot, *before, since.watermark);
  const Timestamp latest{snapshot.clock.us + entity.overlap_seconds * kMicrosPerSecond};
  statement.settings = {{"deskhouse.after", bound(*cursor, lower, -kClockChange)},
                        {"deskhouse.latest", bound(*cursor, latest, kClockChange)},
                        {"deskhouse.xmin", fmt::format("{}", before->xmin % kXidSpan)}};
  statement.sql += " where " + condition(*cursor, scans);
  statement.sql += fmt::format(" order by {} nulls first{}", quoted_name(cursor->times[0].name),
                               cursor->id.empty() ? "" : ", " + quoted_name(cursor->id));
  return statement;
}

}  // namespace deskhouse::sources
