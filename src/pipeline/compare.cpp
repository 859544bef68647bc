#include "pipeline/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::sql_name;
using warehouse::sql_text;

// Joins f(column) of each column.
template <class F>
std::string joined(const std::vector<std::string>& columns, std::string_view separator, F&& f) {
  std::string out;
  for (const auto& column : columns) out += (out.empty() ? "" : std::string(separator)) + f(column);
  return out;
}
std::string names(const std::vector<std::string>& columns) {
  return joined(columns, ", ", [](const auto& c) { return sql_name(c); });
}

std::string shown(const warehouse::Rows& rows, std::size_t row, std::size_t column) {
  return rows.is_null(row, column) ? "NULL" : rows.display(row, column);
}

// One table.
class Comparer {
 public:
  using Catalog = DatabaseComparer::Catalog;
  Comparer(Connection& connection, const std::string& left, const std::string& right, const Catalog& left_catalog,
           const Catalog& right_catalog, const ComparedTable& table)
      : connection_(connection),
        left_(left),
        right_(right),
        left_catalog_(left_catalog),
        right_catalog_(right_catalog),
        table_(table) {
    result_.table = table.name;
  }

  Result<Comparison> run() {
    const auto start = std::chrono::steady_clock::now();
    if (compare_shape()) DH_TRY(compare_rows());
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(result_);
  }

 private:
  void differs(std::string keys, std::string column, std::string left, std::string right) {
    result_.difference = Difference{table_.name, std::move(keys), std::move(column), std::move(left), std::move(right)};
  }

  // Column names and types of one side, as one text to compare; fills `columns_`.
  std::string columns_of(const Catalog& catalog) {
    std::string all;
    columns_.clear();
    const auto it = catalog.columns.find(table_.name);
    if (it == catalog.columns.end()) return all;
    for (const auto& [name, type] : it->second) {
      if (std::ranges::find(table_.apart, name) != table_.apart.end()) continue;
      columns_.push_back(name);
      all += fmt::format("{}{} {}", all.empty() ? "" : ", ", name, type);
    }
    return all;
  }

  // Whether both sides have the table with the same columns, and its rows are to be compared.
  bool compare_shape() {
    const auto right = columns_of(right_catalog_), left = columns_of(left_catalog_);
    if (left != right || left.empty()) {
      differs("", "", left.empty() ? "no such table" : left, right.empty() ? "no such table" : right);
      return false;
    }
    const auto left_view = left_catalog_.views.find(table_.name), right_view = right_catalog_.views.find(table_.name);
    const bool left_is_view = left_view != left_catalog_.views.end(),
               right_is_view = right_view != right_catalog_.views.end();
    if (left_is_view != right_is_view) {
      differs("", "", left_is_view ? "a view" : "a table", right_is_view ? "a view" : "a table");
      return false;
    }
    // DuckDB writes the same definition in more than one way, so another text is no difference yet: the rows tell.
    result_.is_view = left_is_view;
    result_.by_definition = left_is_view && left_view->second == right_view->second;
    return !result_.by_definition;
  }

  std::string hash() const { return fmt::format("hash({})", names(columns_)); }
  std::string from(const std::string& database) const {
    if (result_.is_view) return fmt::format("view_rows_{}", database == left_ ? "left" : "right");
    return fmt::format("{}.{}", sql_name(database), table_.name);
  }

  // A view reads the tables of the database that is in use.
  Status keep_view_rows() {
    DH_ASSIGN(const auto current, connection_.scalar_text("select current_database()"));
    for (const auto& database : {left_, right_})
      DH_TRY(connection_.execute(fmt::format("use {}; create or replace temp table {} as from {}", sql_name(database),
                                             from(database), table_.name)));
    return connection_.execute(fmt::format("use {}", sql_name(*current)));
  }

  // Sum and exclusive or of the rows' hashes: neither order nor layout matters, and doubled rows count twice.
  Result<std::string> fingerprint(const std::string& database, std::int64_t& rows) {
    DH_ASSIGN(const auto row,
              connection_.query(fmt::format("select count(*), coalesce(sum(h::hugeint), 0)::varchar || ' ' || "
                                            "coalesce(bit_xor(h), 0)::varchar from (select {} as h from {})",
                                            hash(), from(database))));
    rows = row.integer(0, 0);
    return row.display(0, 1);
  }

  Status compare_rows() {
    if (result_.is_view) DH_TRY(keep_view_rows());
    DH_ASSIGN(const auto left, fingerprint(left_, result_.left_rows));
    DH_ASSIGN(const auto right, fingerprint(right_, result_.right_rows));
    if (left == right && result_.left_rows == result_.right_rows) return {};
    return find_first();
  }

  // All rows of one side that have the first differing key, in a fixed order.
  Result<warehouse::Rows> rows_of_key(const std::string& database, const std::vector<std::string>& keys) {
    const auto same = joined(
        keys, " and ", [](const auto& k) { return fmt::format("t.{0} is not distinct from k.{0}", sql_name(k)); });
    return connection_.query(fmt::format("select {} from {} t join first_difference k on {} order by all",
                                         joined(columns_, ", ", [](const auto& c) { return "t." + sql_name(c); }),
                                         from(database), same));
  }

  Status find_first() {
    const auto& keys = table_.keys.empty() ? columns_ : table_.keys;
    const auto side = [&](const std::string& database, int n) {
      return fmt::format("select {}, {} as row_hash_, {} as n_ from {}", names(keys), hash(), n, from(database));
    };
    DH_TRY(
        connection_.execute(fmt::format("create or replace temp table first_difference as select {0} from (select {0}, "
                                        "row_hash_ from ({1} union all {2}) "
                                        "group by all having sum(n_) <> 0) order by {0} limit 1",
                                        names(keys), side(left_, 1), side(right_, -1))));
    DH_ASSIGN(const auto left, rows_of_key(left_, keys));
    DH_ASSIGN(const auto right, rows_of_key(right_, keys));
    DH_ASSIGN(const auto key, connection_.query("from first_difference"));
    std::string shown_key;
    for (std::size_t c = 0; c < key.column_count(); ++c)
      shown_key += fmt::format("{}{} = {}", c > 0 ? ", " : "", key.column_name(c), shown(key, 0, c));
    DH_TRY(connection_.execute("drop table first_difference"));
    for (std::size_t row = 0; row < std::min(left.row_count(), right.row_count()); ++row)
      for (std::size_t c = 0; c < columns_.size(); ++c)
        if (shown(left, row, c) != shown(right, row, c)) {
          differs(shown_key, columns_[c], shown(left, row, c), shown(right, row, c));
          return {};
        }
    differs(shown_key, "", fmt::format("{} rows", left.row_count()), fmt::format("{} rows", right.row_count()));
    return {};
  }

  Connection& connection_;
  const std::string& left_;
  const std::string& right_;
  const Catalog &left_catalog_, &right_catalog_;
  const ComparedTable& table_;
  std::vector<std::string> columns_;
  Comparison result_;
};

Result<DatabaseComparer::Catalog> read_catalog(Connection& connection, const std::string& database) {
  DatabaseComparer::Catalog catalog;
  DH_ASSIGN(const auto columns,
            connection.query(fmt::format("select schema_name || '.' || table_name, column_name, data_type from "
                                         "duckdb_columns() where database_name = {} and not internal",
                                         sql_text(database))));
  for (std::size_t i = 0; i < columns.row_count(); ++i)
    catalog.columns[columns.display(i, 0)][columns.display(i, 1)] = columns.display(i, 2);
  DH_ASSIGN(const auto views, connection.query(fmt::format(
                                  "select schema_name || '.' || view_name, replace(replace(sql, {}, ''), {}, '') from "
                                  "duckdb_views() where database_name = {} and not internal",
                                  sql_text(database + "."), sql_text(sql_name(database) + "."), sql_text(database))));
  for (std::size_t i = 0; i < views.row_count(); ++i) catalog.views[views.display(i, 0)] = views.display(i, 1);
  return catalog;
}

}  // namespace

Result<DatabaseComparer> DatabaseComparer::make(Connection& connection, std::string left, std::string right) {
  DatabaseComparer comparer(connection, std::move(left), std::move(right));
  DH_ASSIGN(comparer.left_catalog_, read_catalog(connection, comparer.left_));
  DH_ASSIGN(comparer.right_catalog_, read_catalog(connection, comparer.right_));
  return comparer;
}

Result<Comparison> DatabaseComparer::compare(const ComparedTable& table) const {
  return Comparer(*connection_, left_, right_, left_catalog_, right_catalog_, table).run();
}

}  // namespace deskhouse::pipeline
