#include "models/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "warehouse/functions.h"
#include "warehouse/partitions.h"
#include "warehouse/places.h"

namespace deskhouse::models {

namespace {

// Above this share of a table, computing it whole is cheaper than by keys (measured in bench/).
constexpr std::int64_t kWholeAbovePercent = 30;
constexpr std::int64_t kSmallTableRows = 5'000;

}  // namespace

std::string temporary_name(std::string_view prefix, std::string_view table) {
  std::string name = fmt::format("{}__{}", prefix, table);
  std::ranges::replace(name, '.', '_');
  return name;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

Runner::Runner(warehouse::Connection& connection, warehouse::FunctionContext& functions, warehouse::Places& places,
               const std::vector<Model>& models, std::map<std::string, std::string> settings, Timestamp as_of,
               Timestamp previous_as_of)
    : connection_(connection),
      functions_(functions),
      places_(places),
      models_(models),
      settings_(std::move(settings)),
      as_of_(as_of),
      previous_as_of_(previous_as_of) {}

// One look at the catalogue instead of one per model.
Status Runner::load_catalog() {
  DH_ASSIGN(auto built, connection_.query("select name, kind, text_hash from meta.models"));
  for (std::size_t i = 0; i < built.row_count(); ++i)
    built_[built.display(i, 0)] = {built.display(i, 1), built.display(i, 2)};
  DH_ASSIGN(
      auto columns,
      connection_.query(
          "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() where not internal "
          "and database_name = current_database() order by table_oid, column_index"));
  for (std::size_t i = 0; i < columns.row_count(); ++i)
    columns_[columns.display(i, 0)].emplace_back(columns.display(i, 1), columns.display(i, 2));
  return {};
}

std::string Runner::relation(std::string_view which, const std::string& table) const {
  const auto it = deltas_.find(table);
  const auto mode = it == deltas_.end() ? Delta::Mode::none : it->second.mode;
  if (mode != Delta::Mode::incremental)  // whole: the reader is computed whole too, and reads no delta
    return which == "delta" ? "(select null::bigint as key where false)" : fmt::format("(from {} where false)", table);
  return which == "delta" ? it->second.keys : which == "old" ? it->second.old_rows : it->second.new_rows;
}

Result<std::string> Runner::expand(const Model& model, std::string_view text, const Scope& scope) const {
  std::string out;
  while (true) {
    const auto open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos)
      return fail(Error::Kind::config, fmt::format("{}: '{{{{' without '}}}}'", model.path));
    const std::string inner(text.substr(open + 2, close - open - 2));
    text.remove_prefix(close + 2);
    const auto space = inner.find(' ');
    const auto word = inner.substr(0, space);
    const auto argument = space == std::string::npos ? std::string{} : inner.substr(space + 1);
    if (inner.starts_with("changed(") && inner.ends_with(")")) {
      const auto key = inner.substr(8, inner.size() - 9);
      out += scope.set < 0 ? fmt::format(fmt::runtime(scope.range), key)
                           : fmt::format("in_changed({}, {})", scope.set, key);
    } else if (inner.starts_with("slice(") && inner.ends_with(")")) {
      out += fmt::format(fmt::runtime(scope.slice), inner.substr(6, inner.size() - 7));
    } else if (word == "rows") {
      DH_ASSIGN(const auto rows, rows_of(model, argument, scope));
      out += rows;
    } else if (word == "delta" || word == "old" || word == "new") {
      out += relation(word, argument);
    } else if (inner == "source") {
      out += scope.source;
    } else if (inner == "as_of") {
      out += warehouse::sql_timestamp(as_of_);
    } else if (inner == "previous_as_of") {
      out += warehouse::sql_timestamp(previous_as_of_);
    } else if (word == "setting" && settings_.contains(argument)) {
      out += settings_.at(argument);
    } else {
      return fail(Error::Kind::config,
                  fmt::format("{}: unknown placeholder {{{{{}}}}}; see docs/models.md", model.path, inner));
    }
  }
}

// The rows that this run has put into an operational table or keyed model; empty: none.
std::string Runner::new_rows_of(const std::string& table) const {
  const auto it = deltas_.find(table);
  return it != deltas_.end() && it->second.mode == Delta::Mode::incremental ? it->second.new_rows : std::string{};
}

// {{rows table.column}}, {{rows table.column of field}} or {{rows table.column of other.column.field}}: docs/models.md.
Result<std::string> Runner::rows_of(const Model& model, const std::string& argument, const Scope& scope) const {
  const auto of = argument.find(" of ");
  const auto name = argument.substr(0, of);
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || name.find('.') == dot)
    return fail(Error::Kind::config,
                fmt::format("{}: {{{{rows {}}}}}: write schema.table.column", model.path, argument));
  const auto table = name.substr(0, dot), column = name.substr(dot + 1);
  std::vector<std::int64_t> named;
  const auto* keys = scope.keys;
  int set = scope.set;
  if (of != std::string::npos) {
    const auto field = argument.substr(of + 4);
    const auto last = field.rfind('.');
    const bool of_other = last != std::string::npos;
    if (of_other && !scope.keys) return table;  // built whole: a hash table of what it names would be as large
    if (of_other || !scope.whole_source) {
      std::string naming = scope.source;
      if (of_other) {
        DH_ASSIGN(naming, rows_of(model, field.substr(0, last), scope));
      }
      DH_ASSIGN(named, connection_.integers(fmt::format("select distinct {0} from {1} where {0} is not null",
                                                        of_other ? field.substr(last + 1) : field, naming)));
      keys = &named;
    }
    set = -1;  // its keys are not those of `of`
  }
  if (!keys)
    return set < 0 && scope.range == "true" ? table
                                            : fmt::format("(from {} where {})", table,
                                                          set < 0 ? fmt::format(fmt::runtime(scope.range), column)
                                                                  : fmt::format("in_changed({}, {})", set, column));
  const auto fresh = new_rows_of(table);
  std::vector<std::int64_t> replaced;
  if (!fresh.empty() && is_identity(table, column)) {
    DH_ASSIGN(replaced, connection_.integers(fmt::format("select {} from {}", column, fresh)));
    std::ranges::sort(replaced);
  }
  DH_ASSIGN(const auto rows, places_.rows_of(connection_, table, column, *keys, replaced));
  if (rows.finds_own_rows || fresh.empty()) return "(" + rows.select("*", table) + ")";
  if (rows.conditions.empty()) return fmt::format("(from {} where {})", fresh, rows.has_key);
  return fmt::format("({} union all by name from {} where {})", rows.select("*", table), fresh, rows.has_key);
}

// Whether a table has one row for a value of the column, so that a new row has replaced the old one.
bool Runner::is_identity(const std::string& table, const std::string& column) const {
  if (table.starts_with("operational.")) return column == "key";
  return std::ranges::any_of(models_, [&](const auto& model) {
    return model.name == table && model.kind == Kind::keyed && model.columns[0] == column;
  });
}

// What ticket_measures() will ask for.
Status Runner::remember_histories(const Model& model, const Scope& scope) {
  functions_.histories().clear();
  if (model.histories.empty()) return {};
  DH_ASSIGN(const auto select, expand(model, model.histories, scope));
  if (scope.set < 0) {
    DH_ASSIGN(const auto observations, connection_.scalar(fmt::format("select count(*) from ({})", select)));
    functions_.histories().reserve(*observations);
  }
  return connection_.scan(
      fmt::format("select count(*) from ({}) as h(ticket_key, event_at, version, key, status, assigned_to, group_id) "
                  "where remember_history(ticket_key, event_at, version, key, status, assigned_to, group_id)",
                  select));
}

bool Runner::is_as_built(const Model& model) const {
  const auto it = built_.find(model.name);
  return it != built_.end() && it->second.text_hash == model.text_hash && columns_.contains(model.name);
}

// A view that is to be a table, or the other way round: DuckDB replaces neither by the other.
Status Runner::make_way(const Model& model) {
  const auto it = built_.find(model.name);
  const bool was_view = it != built_.end() && it->second.kind == to_string(Kind::view);
  if (it == built_.end() || was_view == (model.kind == Kind::view) || !columns_.contains(model.name)) return {};
  columns_.erase(model.name);
  return connection_.execute(fmt::format("drop {} {}", was_view ? "view" : "table", model.name));
}

bool Runner::must_build_whole(const Model& model) const {
  if (whole_ || !is_as_built(model)) return true;
  return std::ranges::any_of(model.references, [&](const auto& reference) {
    const auto it = deltas_.find(reference);
    return it != deltas_.end() && it->second.mode == Delta::Mode::whole;
  });
}

// What models read of the old and new rows of a table; empty: nothing.
std::vector<std::string> Runner::columns_read_of(const std::string& table) const {
  std::vector<std::string> names;
  for (const auto& [name, type] : columns_.at(table)) names.push_back(name);
  return columns_read(models_, table, names);
}

Result<std::vector<Outcome>> Runner::run(std::int64_t run_id, const std::function<void(const Model&)>& on_start) {
  DH_TRY(load_catalog());
  std::vector<Outcome> outcomes;
  std::vector<std::string> names, rows;  // of meta.models, that are new
  for (const auto& model : models_) {
    if (on_start) on_start(model);
    auto outcome = run_one(model);
    if (!outcome)
      return fail(outcome.error().kind,
                  fmt::format("The model {} ({}) failed: {}", model.name, model.path, outcome.error().message));
    outcomes.push_back(*std::move(outcome));
    if (const auto it = built_.find(model.name); it != built_.end() && it->second.text_hash == model.text_hash)
      continue;
    names.push_back(warehouse::sql_text(model.name));
    rows.push_back(fmt::format("({}, '{}', '{}', {})", names.back(), to_string(model.kind), model.text_hash, run_id));
  }
  if (!names.empty())
    DH_TRY(
        connection_.execute(fmt::format("delete from meta.models where name in ({}); insert into meta.models values {}",
                                        join(names, ", "), join(rows, ", "))));
  return outcomes;
}

Result<Outcome> Runner::run_one(const Model& model) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome{model.name, Delta::Mode::none, 0, 0};
  DH_TRY(make_way(model));
  switch (model.kind) {
    case Kind::view:
      DH_TRY(run_view(model, outcome));
      break;
    case Kind::table:
      DH_TRY(run_table(model, outcome));
      break;
    case Kind::keyed:
      DH_TRY(run_keyed(model, outcome));
      break;
    case Kind::additive:
      DH_TRY(run_additive(model, outcome));
      break;
  }
  deltas_[model.name].mode = outcome.mode;
  functions_.histories().clear();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

Status Runner::run_view(const Model& model, Outcome& outcome) {
  if (!whole_ && is_as_built(model)) return {};
  outcome.mode = Delta::Mode::none;
  outcome.keys = -1;
  DH_ASSIGN(const auto body, expand(model, model.body, {}));
  return connection_.execute(fmt::format("create or replace view {} as\n{}", model.name, body));
}

Status Runner::build_whole(const Model& model, Outcome& outcome) {
  outcome.mode = Delta::Mode::whole;
  outcome.keys = -1;
  places_.replaced(model.name);
  if (!model.slices.empty()) return build_by_slices(model);
  DH_TRY(remember_histories(model, {}));
  DH_ASSIGN(const auto body, expand(model, model.body, {.source = model.from}));
  if (model.kind == Kind::additive) return build_sums(model, body);
  return warehouse::create_table_as(connection_, model.name, model.partition_by, body);
}

Status Runner::run_table(const Model& model, Outcome& outcome) {
  const bool touched = std::ranges::any_of(model.references, [&](const auto& reference) {
    const auto it = deltas_.find(reference);
    return it != deltas_.end() && it->second.mode != Delta::Mode::none;
  });
  const bool time_dependent = model.body.find("{{as_of}}") != std::string::npos && as_of_ != previous_as_of_;
  const bool exists = !must_build_whole(model);
  if (exists && !touched && !time_dependent) return {};
  const auto fingerprint = fmt::format("select count(*) || '/' || coalesce(bit_xor(hash(t)), 0) from {} t", model.name);
  std::optional<std::string> before;
  if (exists) {
    DH_ASSIGN(before, connection_.scalar_text(fingerprint));
  }
  DH_TRY(build_whole(model, outcome));
  if (!exists) return {};
  DH_ASSIGN(const auto after, connection_.scalar_text(fingerprint));
  if (before == after) outcome.mode = Delta::Mode::none;  // the same rows: nothing downstream has to follow
  return {};
}

Status Runner::run_keyed(const Model& model, Outcome& outcome) {
  if (must_build_whole(model)) return build_whole(model, outcome);
  std::vector<std::string> selects;
  for (const auto& changed : model.changed) {
    DH_ASSIGN(auto select, expand(model, changed, {}));
    selects.push_back("(" + std::move(select) + ")");
  }
  Delta delta{Delta::Mode::incremental, temporary_name("keys", model.name), temporary_name("old", model.name),
              temporary_name("new", model.name)};
  DH_TRY(connection_.execute(
      fmt::format("create or replace temp table {} as select distinct * from ({}) as k(key) where key is not null",
                  delta.keys, join(selects, " union all "))));
  DH_ASSIGN(const auto keys, connection_.integers(fmt::format("select key from {}", delta.keys)));
  if (keys.empty()) return {};
  DH_ASSIGN(const auto table_rows, connection_.scalar(fmt::format("select count(*) from {}", model.name)));
  const auto count = static_cast<std::int64_t>(keys.size());
  if (count > kSmallTableRows && count * 100 > *table_rows * kWholeAbovePercent) return build_whole(model, outcome);

  warehouse::LocalSets sets(functions_);
  const Scope scope{.keys = &keys, .set = sets.add(keys)};
  DH_TRY(remember_histories(model, scope));
  DH_ASSIGN(const auto body, expand(model, model.body, scope));
  DH_ASSIGN(const auto rows, places_.rows_of(connection_, model.name, model.columns[0], keys));
  if (const auto read = columns_read_of(model.name); !read.empty())
    DH_TRY(scan(model.name, fmt::format("create or replace temp table {} as {}", delta.old_rows,
                                        rows.select(join(read, ", "), model.name))));
  // Who asks for {{changed(key)}} reads a table whole.
  const auto create = fmt::format("create or replace temp table {} as\n{}", delta.new_rows, body);
  const bool reads_whole = model.body.find("{{changed(") != std::string::npos &&
                           std::ranges::any_of(model.references, [&](const auto& t) { return places_.is_large(t); });
  DH_TRY(reads_whole ? connection_.scan(create) : connection_.execute(create));
  for (const auto& condition : rows.conditions)
    DH_TRY(scan(model.name, fmt::format("delete from {} where {}", model.name, condition)));
  DH_TRY(connection_.execute(fmt::format("insert into {} by name from {}", model.name, delta.new_rows)));
  deltas_[model.name] = delta;
  outcome.mode = Delta::Mode::incremental;
  outcome.keys = count;
  return {};
}

// Of little, beginning and ending threads costs more than they save.
Status Runner::scan(const std::string& table, const std::string& sql) {
  return places_.is_large(table) ? connection_.scan(sql) : connection_.execute(sql);
}

}  // namespace deskhouse::models
