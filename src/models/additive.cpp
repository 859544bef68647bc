// Additive models: sums and distributions by the columns of a grain, kept by what changed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "models/runner.h"
#include "warehouse/places.h"

namespace deskhouse::models {

namespace {

// Sums keep the measure's kind: integers stay BIGINT, decimals get all the digits there are.
std::string sum_type(std::string_view type) {
  if (type.starts_with("DECIMAL")) return "DECIMAL(38" + std::string(type.substr(type.find(',')));
  return type == "HUGEINT" ? "HUGEINT" : "BIGINT";
}

bool is_distribution(const Model& model, const std::string& column) {
  return std::ranges::find(model.distributions, column) != model.distributions.end();
}

bool is_derived(const Model& model, const std::string& column) {
  return std::ranges::any_of(model.derive, [&](const auto& d) { return d.first == column; });
}

// What SQL does with a measure, a sum or a distribution.
struct Measure {
  std::string name;
  std::string total, has_total;    // over a group of rows, and whether anything is in it
  std::string taken;               // of a row that is no more
  std::string merged, has_merged;  // of a bucket t and a change d, and whether anything is left
};

// `columns`: (name, type) of the model's table. `weight`: how often the numbers of a row come in distributions.
std::vector<Measure> measures_of(const Model& model, const std::vector<std::pair<std::string, std::string>>& columns,
                                 std::string_view weight) {
  std::vector<Measure> measures;
  for (const auto& [name, type] : columns) {
    if (std::ranges::find(model.columns, name) != model.columns.end() || is_derived(model, name)) continue;
    if (is_distribution(model, name))
      measures.push_back({name, fmt::format("distribution({0}, {1}) as {0}", name, weight),
                          fmt::format("octet_length(distribution({}, {})) > 0", name, weight), name,
                          fmt::format("distribution_add(t.{0}, d.{0}) as {0}", name),
                          fmt::format("octet_length({}) > 0", name)});
    else
      measures.push_back({name, fmt::format("sum({0})::{1} as {0}", name, sum_type(type)),
                          fmt::format("sum({}) <> 0", name), fmt::format("-{0} as {0}", name),
                          fmt::format("(coalesce(t.{0}, 0) + d.{0})::{1} as {0}", name, type),
                          fmt::format("{} <> 0", name)});
  }
  return measures;
}

std::string join_of(const std::vector<Measure>& measures, std::string Measure::*part, std::string_view separator) {
  return fmt::format("{}", fmt::join(measures | std::views::transform(part), separator));
}

// ", expression as column" for each column that is derived from the sums.
std::string derived_columns(const Model& model) {
  std::string derived;
  for (const auto& [name, expression] : model.derive) derived += fmt::format(", {} as {}", expression, name);
  return derived;
}

}  // namespace

Status Runner::build_sums(const Model& model, const std::string& body) {
  DH_ASSIGN(auto columns, connection_.query(fmt::format("describe {}", body)));
  auto& known = columns_[model.name];
  known.clear();
  for (std::size_t i = 0; i < columns.row_count(); ++i)
    known.emplace_back(columns.display(i, 0), columns.display(i, 1));
  DH_ASSIGN(const auto sums, additive_sums(model, body, "1"));
  const auto select = fmt::format("select *{} from ({})", derived_columns(model), sums);
  if (model.distributions.empty() || connection_.is_of_lake())
    return connection_.execute(fmt::format("create or replace table {} as {}", model.name, select));
  // What is packed already is only slower to read when DuckDB packs it again.
  DH_ASSIGN(const auto made, connection_.query("describe " + select));
  std::vector<std::string> definitions;
  for (std::size_t i = 0; i < made.row_count(); ++i)
    definitions.push_back(
        fmt::format("{} {}{}", made.display(i, 0), made.display(i, 1),
                    is_distribution(model, made.display(i, 0)) ? " using compression uncompressed" : ""));
  return connection_.execute(fmt::format("create or replace table {0} ({1}); insert into {0} {2}", model.name,
                                         join(definitions, ", "), select));
}

// The SELECT that sums `rows` by the grain and leaves out buckets in which every measure is 0. `weight`: how often the
// numbers of a row come in distributions.
Result<std::string> Runner::additive_sums(const Model& model, const std::string& rows, const char* weight) const {
  const auto measures = measures_of(model, columns_.at(model.name), weight);
  if (measures.empty())
    return fail(Error::Kind::config, fmt::format("{}: an additive model needs a measure beside its grain", model.path));
  const auto grain = join(model.columns, ", ");
  return fmt::format("select {}, {} from ({}) group by {} having {}", grain, join_of(measures, &Measure::total, ", "),
                     rows, grain, join_of(measures, &Measure::has_total, " or "));
}

// Whether the grain begins with a key of which there are many.
bool Runner::has_key_of_many(const Model& model) const {
  const auto& known = columns_.at(model.name);
  const auto first = std::ranges::find(known, model.columns[0], &std::pair<std::string, std::string>::first);
  return first != known.end() && first->second == "BIGINT" && places_.has_index(model.name);
}

// The buckets that changes may fall into, found by their key.
Result<std::string> Runner::buckets_of(const Model& model, const std::string& changes) {
  DH_ASSIGN(const auto keys, connection_.integers(fmt::format("select distinct {0} from {1} where {0} is not null",
                                                              model.columns[0], changes)));
  DH_ASSIGN(auto rows, places_.rows_of(connection_, model.name, model.columns[0], keys));
  DH_ASSIGN(const auto nulls,
            connection_.scalar(fmt::format("select count(*) from {} where {} is null", changes, model.columns[0])));
  if (*nulls > 0) rows.conditions.push_back(fmt::format("{} is null", model.columns[0]));
  return "(" + rows.select("rowid as row_id, *", model.name) + ")";
}

Status Runner::run_additive(const Model& model, Outcome& outcome) {
  if (must_build_whole(model)) return build_whole(model, outcome);
  const auto it = deltas_.find(model.from);
  if (it == deltas_.end() || it->second.mode == Delta::Mode::none) return {};
  constexpr const char* kWeight = "row_weight";
  const auto measures = measures_of(model, columns_.at(model.name), kWeight);
  std::vector<std::string> same;
  for (const auto& column : model.columns) same.push_back(fmt::format("t.{0} is not distinct from d.{0}", column));
  DH_ASSIGN(const auto before, expand(model, model.body, {.source = it->second.old_rows}));
  DH_ASSIGN(const auto after, expand(model, model.body, {.source = it->second.new_rows}));
  const auto grain = join(model.columns, ", ");
  DH_ASSIGN(const auto difference,
            additive_sums(model,
                          fmt::format("select {0}, {1}, 1 as {5} from ({2}) union all select {0}, {3}, -1 from ({4})",
                                      grain, join_of(measures, &Measure::name, ", "), after,
                                      join_of(measures, &Measure::taken, ", "), before, kWeight),
                          kWeight));
  const auto changes = temporary_name("changes", model.name), scratch = temporary_name("merged", model.name);
  // A statement costs more than the few rows of most sums.
  auto changed = "(" + difference + ")", buckets = fmt::format("(select rowid as row_id, * from {})", model.name);
  if (has_key_of_many(model)) {
    DH_TRY(connection_.execute(fmt::format("create or replace temp table {} as {}", changes, difference)));
    DH_ASSIGN(buckets, buckets_of(model, changes));
    changed = changes;
  }
  const auto merge = fmt::format(
      "create or replace temp table {} as select d.{}, {}, t.row_id from {} d left join {} t on {}", scratch,
      join(model.columns, ", d."), join_of(measures, &Measure::merged, ", "), changed, buckets, join(same, " and "));
  DH_TRY(scan(model.name, merge));
  DH_TRY(
      connection_.execute(fmt::format("delete from {} where rowid in (select row_id from {})", model.name, scratch)));
  DH_TRY(connection_.execute(fmt::format("insert into {} by name select * exclude (row_id){} from {} where {}",
                                         model.name, derived_columns(model), scratch,
                                         join_of(measures, &Measure::has_merged, " or "))));
  deltas_[model.name].keys = fmt::format("(select distinct {} as key from {})", model.columns[0], scratch);
  outcome.mode = Delta::Mode::incremental;
  return {};
}

}  // namespace deskhouse::models
