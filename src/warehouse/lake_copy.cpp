#include "warehouse/lake_copy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "warehouse/lake.h"

namespace deskhouse::warehouse {

namespace {

constexpr std::string_view kCopy = "catalogue_copy";

// DuckLake's tables (its specification, 1.0), and which of their rows belong to the latest snapshot. All snapshots' are
// in the same tables.
struct Part {
  std::string_view table;
  enum class Of { all, snapshot, versions, files_of_snapshot, nothing } of = Of::versions;
};
using enum Part::Of;
constexpr Part kParts[] = {
    {"ducklake_metadata", all},
    {"ducklake_snapshot", snapshot},
    {"ducklake_snapshot_changes", snapshot},
    {"ducklake_schema_versions", all},
    {"ducklake_schema", versions},
    {"ducklake_table", versions},
    {"ducklake_view", versions},
    {"ducklake_column", versions},
    {"ducklake_tag", versions},
    {"ducklake_column_tag", versions},
    {"ducklake_macro", versions},
    {"ducklake_macro_impl", all},
    {"ducklake_macro_parameters", all},
    {"ducklake_partition_info", versions},
    {"ducklake_partition_column", all},
    {"ducklake_sort_info", versions},
    {"ducklake_sort_expression", all},
    {"ducklake_column_mapping", all},
    {"ducklake_name_mapping", all},
    {"ducklake_inlined_data_tables", all},
    {"ducklake_table_stats", all},
    {"ducklake_table_column_stats", all},
    {"ducklake_data_file", versions},
    {"ducklake_delete_file", versions},
    {"ducklake_file_column_stats", files_of_snapshot},
    {"ducklake_file_variant_stats", files_of_snapshot},
    {"ducklake_file_partition_value", files_of_snapshot},
    {"ducklake_files_scheduled_for_deletion", nothing},
};

// What a statement that copies a table ends with. Which files there are is read in `files`.
std::string rows_of(Part::Of of, std::string_view files) {
  switch (of) {
    case all:
      return "";
    case snapshot:
      return " order by snapshot_id desc limit 1";
    case versions:
      return " where end_snapshot is null";
    case files_of_snapshot:
      return fmt::format(" where data_file_id in (select data_file_id from {} where end_snapshot is null)", files);
    case nothing:
      return " limit 0";
  }
  return {};
}

// A transaction of PostgreSQL sees one snapshot.
Status copy_postgres(Connection& connection) {
  const auto copy = [&](std::string_view table, Part::Of of) {
    return connection.execute_now(fmt::format("create table {0}.{1} as from {2}.{1}{3}", kCopy, sql_name(table),
                                              catalogue_name(),
                                              rows_of(of, fmt::format("{}.ducklake_data_file", kCopy))));
  };
  for (const auto& part : kParts) DH_TRY(copy(part.table, part.of));
  // Deskhouse keeps no rows in the catalogue. Others who write to the lake may.
  DH_ASSIGN(const auto inlined,
            connection.query(fmt::format("select table_name from {}.ducklake_inlined_data_tables", kCopy)));
  for (std::size_t i = 0; i < inlined.row_count(); ++i) DH_TRY(copy(inlined.text(i, 0), all));
  return {};
}

// DuckDB's scanner reads each table of SQLite as it is then, in a transaction, too: what is copied table by table while
// somebody commits is of no snapshot. A statement that SQLite itself executes is of one. So a single one reads all
// tables, as text.
class SqliteCopy {
 public:
  explicit SqliteCopy(Connection& connection) : connection_(connection) {}

  Status write() {
    // Which tables there are has to be known before. Others who write to the lake may add one meanwhile.
    for (bool is_whole = false; !is_whole;) {
      DH_TRY(find_tables());
      DH_TRY(connection_.execute_now(
          fmt::format("create or replace table {}.rows as from {}", kCopy, query_sql(select_all()))));
      DH_ASSIGN(const auto version,
                connection_.scalar_text(fmt::format("select v0 from {}.rows where part = '-1'", kCopy)));
      is_whole = version == schema_version_;
    }
    for (std::size_t i = 0; i < tables_.size(); ++i) DH_TRY(copy(i));
    return connection_.execute_now(fmt::format("drop table {}.rows", kCopy));
  }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> columns;
  };

  static std::string query_sql(std::string_view sql) {
    return fmt::format("sqlite_query({}, {})", sql_text(catalogue_name()), sql_text(sql));
  }

  Status find_tables() {
    tables_.clear();
    DH_ASSIGN(
        const auto found,
        connection_.query(
            "from " +
            query_sql("select t.name as name, c.name as column_name, v.schema_version as version "
                      "from pragma_schema_version v, sqlite_master t, pragma_table_info(t.name) c "
                      "where t.type = 'table' and t.name like 'ducklake\\_%' escape '\\' order by t.name, c.cid")));
    for (std::size_t i = 0; i < found.row_count(); ++i) {
      if (tables_.empty() || tables_.back().name != found.text(i, 0))
        tables_.push_back({.name = std::string(found.text(i, 0)), .columns = {}});
      tables_.back().columns.emplace_back(found.text(i, 1));
      schema_version_ = found.text(i, 2);
    }
    return {};
  }

  // The rows of all tables, each with the index of its table in `part` and its values in v0, v1 and so on.
  std::string select_all() const {
    std::size_t width = 0;
    for (const auto& table : tables_) width = std::max(width, table.columns.size());
    const auto select = [&](std::string_view part, std::vector<std::string> values, const std::string& from) {
      values.resize(width, "null");
      for (std::size_t i = 0; i < width; ++i) values[i] += fmt::format(" as v{}", i);
      return fmt::format("select {} as part, {} from {}", part, fmt::join(values, ", "), from);
    };
    auto sql = select("'-1'", {"cast(schema_version as text)"}, "pragma_schema_version");
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      std::vector<std::string> values;
      for (const auto& column : tables_[i].columns) values.push_back(fmt::format("cast({} as text)", sql_name(column)));
      const auto part = std::ranges::find(kParts, tables_[i].name, &Part::table);
      const auto of = part == std::end(kParts) ? all : part->of;
      sql += " union all select * from (" +
             select(fmt::format("'{}'", i), std::move(values),
                    sql_name(tables_[i].name) + rows_of(of, "ducklake_data_file")) +
             ")";
    }
    return sql;
  }

  Status copy(std::size_t index) {
    const auto name = sql_name(tables_[index].name);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < tables_[index].columns.size(); ++i) values.push_back(fmt::format("v{}", i));
    return connection_.execute_now(fmt::format(
        "create table {0}.{1} as from {2}.{1} limit 0; insert into {0}.{1} select {3} from {0}.rows where part = '{4}'",
        kCopy, name, catalogue_name(), fmt::join(values, ", "), index));
  }

  Connection& connection_;
  std::vector<Table> tables_;
  std::string schema_version_;  // of the SQLite file when they were found
};

}  // namespace

Result<std::int64_t> write_copy(Connection& connection, config::Lake::Catalogue catalogue, const std::string& file) {
  const auto copy_all = [&]() -> Result<std::int64_t> {
    DH_TRY(connection.execute_now("begin transaction"));
    DH_TRY(catalogue == config::Lake::Catalogue::postgres ? copy_postgres(connection) : SqliteCopy(connection).write());
    DH_ASSIGN(const auto id, connection.scalar(fmt::format("select snapshot_id from {}.ducklake_snapshot", kCopy)));
    DH_TRY(connection.execute_now("commit"));
    return id.value_or(0);
  };
  DH_TRY(connection.execute_now(fmt::format("attach {} as {}", sql_text(file), kCopy)));
  const auto id = copy_all();
  if (!id) (void)connection.execute_now("rollback");
  DH_TRY(connection.execute_now(fmt::format("detach {}", kCopy)));
  return id;
}

}  // namespace deskhouse::warehouse
