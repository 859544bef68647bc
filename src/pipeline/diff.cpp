#include "pipeline/diff.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace deskhouse::pipeline {

namespace {

using models::Model;
using warehouse::Connection;
using warehouse::sql_name;
using warehouse::sql_text;

Result<std::string> database_of(Connection& connection) {
  DH_ASSIGN(const auto name, connection.scalar_text("select current_database()"));
  return name.value_or("");
}

// The models below a table, itself included: what it reads, and what that reads.
std::vector<Model> chain_of(const std::string& table, const std::vector<Model>& models) {
  std::set<std::string> wanted{table};
  std::vector<Model> chain;
  for (auto it = models.rbegin(); it != models.rend(); ++it) {  // a model stands behind what it reads
    if (!wanted.contains(it->name)) continue;
    wanted.insert(it->references.begin(), it->references.end());
    chain.push_back(*it);
  }
  return chain;
}

bool is_fact(const Model& model) {
  return model.kind == models::Kind::keyed && model.name.starts_with("core.fact_");
}

Result<std::vector<std::string>> columns_of(Connection& connection, const std::string& table) {
  DH_ASSIGN(const auto rows, connection.query(fmt::format(
                                 "select column_name from duckdb_columns() where database_name = current_database() "
                                 "and schema_name || '.' || table_name = {} order by column_index",
                                 sql_text(table))));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.row_count(); ++i) names.push_back(rows.display(i, 0));
  return names;
}

std::string hash_of(const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(sql_name(column));
  return fmt::format("hash({})", fmt::join(names, ", "));
}

// What people find a row by: the columns that name it in its source, else its key.
std::vector<std::string> naming_columns(const Model& fact, const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns)
    if (column == "source" || column == "ticket_id" || column == "asset_id" || column == "id") names.push_back(column);
  if (names.empty()) names.push_back(fact.columns.front());
  return names;
}

// One fact table in both, as queries over what is attached as `before` and `after`.
class FactComparer {
 public:
  FactComparer(Connection& connection, const Model& fact, std::string before, std::string after, std::int64_t most)
      : connection_(connection),
        fact_(fact),
        key_(sql_name(fact.columns.front())),
        before_(std::move(before)),
        after_(std::move(after)),
        most_(most) {}

  // `read`: the columns that the metric's models read of it.
  Result<FactDifference> run(const std::vector<std::string>& all, const std::vector<std::string>& read) {
    FactDifference difference{.table = fact_.name};
    // 16 bytes a row: keys and hashes of the two, and of these what does not come twice.
    DH_TRY(connection_.execute(fmt::format(
        "create or replace temp table differing_rows as select key, case when count(*) = 2 then 'changed' when "
        "any_value(is_after) then 'added' else 'removed' end as change from (select {0} as key, {1} as h, false as "
        "is_after from {2} union all select {0}, {1}, true from {3}) group by key having count(*) <> 2 or min(h) <> "
        "max(h)",
        key_, hash_of(read), table(before_), table(after_))));
    DH_ASSIGN(const auto counts,
              connection_.query("select count(*) filter (change = 'added'), count(*) filter (change = 'removed'), "
                                "count(*) filter (change = 'changed') from differing_rows"));
    difference.added = counts.integer(0, 0);
    difference.removed = counts.integer(0, 1);
    difference.changed = counts.integer(0, 2);
    DH_TRY(list(all, read, difference));
    DH_TRY(connection_.execute("drop table temp.differing_rows"));
    return difference;
  }

 private:
  std::string table(const std::string& database) const { return fmt::format("{}.{}", sql_name(database), fact_.name); }

  Status list(const std::vector<std::string>& all, const std::vector<std::string>& read, FactDifference& difference) {
    const auto named = naming_columns(fact_, all);
    std::string columns;
    for (const auto& name : named) columns += fmt::format(", coalesce(a.{0}::varchar, b.{0}::varchar)", sql_name(name));
    for (const auto& name : read) columns += fmt::format(", b.{0}::varchar, a.{0}::varchar", sql_name(name));
    DH_ASSIGN(const auto rows,
              connection_.query(fmt::format(
                  "select d.change{0} from (from differing_rows order by change, key limit {1}) d left join {2} b on "
                  "b.{4} = d.key left join {3} a on a.{4} = d.key order by d.change, d.key",
                  columns, most_, table(before_), table(after_), key_)));
    for (std::size_t i = 0; i < rows.row_count(); ++i) {
      ChangedRow row;
      const auto change = rows.display(i, 0);
      row.change = change == "added"     ? ChangedRow::Change::added
                   : change == "removed" ? ChangedRow::Change::removed
                                         : ChangedRow::Change::changed;
      for (std::size_t n = 0; n < named.size(); ++n)
        row.row += fmt::format("{}{} = {}", n == 0 ? "" : ", ", named[n], rows.display(i, 1 + n));
      for (std::size_t c = 0; c < read.size() && row.change == ChangedRow::Change::changed; ++c) {
        const auto at = 1 + named.size() + 2 * c;
        const auto shown = [&](std::size_t column) {
          return rows.is_null(i, column) ? std::string("NULL") : rows.display(i, column);
        };
        if (shown(at) != shown(at + 1)) row.cells.push_back({read[c], shown(at), shown(at + 1)});
      }
      difference.rows.push_back(std::move(row));
    }
    return {};
  }

  Connection& connection_;
  const Model& fact_;
  const std::string key_, before_, after_;
  const std::int64_t most_;
};

// The metric by its time and dimensions, as a table of `connection` itself: views resolve in what it reads.
Result<warehouse::Rows> by_bucket(Connection& connection, const models::Metric& metric) {
  auto dimensions = metric.dimensions;
  if (!metric.time.empty()) dimensions.insert(dimensions.begin(), metric.time);
  const auto grain = fmt::format("{}", fmt::join(dimensions, ", "));
  return connection.query(fmt::format("select {0}, ({1})::double as value from {2}{3} group by {0}", grain,
                                      metric.value, metric.from, metric.where.empty() ? "" : " where " + metric.where));
}

Status compare_buckets(Connection& before, Connection& after, const models::Metric& metric, std::int64_t most,
                       MetricDifference& difference) {
  const std::size_t grain = metric.dimensions.size() + (metric.time.empty() ? 0 : 1);
  if (grain == 0) return {};
  std::map<std::string, MetricDifference::Bucket, std::greater<>> buckets;
  const auto take = [&](Connection& connection, std::optional<double> MetricDifference::Bucket::*side) -> Status {
    DH_ASSIGN(const auto rows, by_bucket(connection, metric));
    for (std::size_t i = 0; i < rows.row_count(); ++i) {
      std::string of;
      for (std::size_t c = 0; c < grain; ++c)
        of += fmt::format("{}{} = {}", c == 0 ? "" : ", ", rows.column_name(c),
                          rows.is_null(i, c) ? "NULL" : rows.display(i, c));
      if (!rows.is_null(i, grain)) buckets[of].*side = rows.real(i, grain);
    }
    return {};
  };
  DH_TRY(take(before, &MetricDifference::Bucket::before));
  DH_TRY(take(after, &MetricDifference::Bucket::after));
  for (auto& [of, bucket] : buckets) {
    if (bucket.before == bucket.after) continue;
    if (++difference.bucket_count > most) continue;
    bucket.of = of;
    difference.buckets.push_back(bucket);
  }
  return {};
}

}  // namespace

Result<MetricDifference> diff_metric(Connection& before, Connection& after, const models::Metric& metric,
                                     const std::vector<Model>& models, std::int64_t most) {
  MetricDifference difference;
  DH_ASSIGN(difference.before, models::measure(before, metric));
  DH_ASSIGN(difference.after, models::measure(after, metric));
  DH_TRY(compare_buckets(before, after, metric, most, difference));
  DH_ASSIGN(auto earlier, database_of(before));
  DH_ASSIGN(auto later, database_of(after));
  const auto from = models::referenced_tables(metric.from);
  const auto chain = from.empty() ? std::vector<Model>() : chain_of(from.front(), models);
  for (const auto& fact : chain) {
    if (!is_fact(fact)) continue;
    DH_ASSIGN(const auto all, columns_of(after, fact.name));
    DH_ASSIGN(const auto known, columns_of(before, fact.name));
    std::vector<std::string> both;  // a column may have come between the two
    std::ranges::copy_if(all, std::back_inserter(both),
                         [&](const auto& column) { return std::ranges::find(known, column) != known.end(); });
    if (both.empty()) continue;
    auto read = models::columns_read(chain, fact.name, both);
    if (read.empty()) read = both;
    DH_ASSIGN(auto one, FactComparer(after, fact, earlier, later, most).run(both, read));
    if (one.added + one.removed + one.changed > 0) difference.facts.push_back(std::move(one));
  }
  return difference;
}

}  // namespace deskhouse::pipeline
