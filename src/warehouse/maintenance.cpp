#include "warehouse/maintenance.h"

#include <fmt/format.h>

#include <chrono>

#include "base/fault.h"
#include "warehouse/lake.h"

namespace deskhouse::warehouse {

namespace {

// A file of which a larger share is deleted is written anew: each reading reads the deleted rows, too.
constexpr double kDeletedShare = 0.1;

std::string lake() {
  return sql_text(kLakeName);
}

std::string before(Timestamp now, std::int64_t seconds) {
  return fmt::format("{}::timestamptz", sql_text(to_string(Timestamp{now.us - seconds * kMicrosPerSecond})));
}

// The rows of a function that writes, in a commit of its own.
Result<Rows> call(Connection& connection, const std::string& sql) {
  DH_ASSIGN(auto transaction, Transaction::begin(connection));
  DH_ASSIGN(auto rows, connection.query(sql));
  DH_TRY(transaction.commit());
  fault_point("during_maintenance");
  return rows;
}

Result<std::int64_t> count(Connection& connection, const std::string& function) {
  DH_ASSIGN(const auto rows, call(connection, "select count(*) from " + function));
  return rows.integer(0, 0);
}

Status compact(Connection& connection, const std::string& function, UpkeepReport& report) {
  DH_ASSIGN(const auto rows, call(connection, fmt::format("select coalesce(sum(files_processed), 0)::bigint, "
                                                          "coalesce(sum(files_created), 0)::bigint from {}",
                                                          function)));
  report.files_merged += rows.integer(0, 0);
  report.files_written += rows.integer(0, 1);
  return {};
}

Status record(Connection& connection, Timestamp now, std::chrono::steady_clock::time_point start,
              const UpkeepReport& report, std::int64_t orphans_removed) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return connection.execute(fmt::format("insert into meta.maintenance values ({}, {}, {}, {}, {}, {}, {})",
                                        sql_timestamp(now), seconds, report.snapshots_expired, report.files_merged,
                                        report.files_written, report.files_removed, orphans_removed));
}

}  // namespace

Result<UpkeepReport> maintain(Connection& connection, const Upkeep& upkeep) {
  const auto start = std::chrono::steady_clock::now();
  UpkeepReport report;
  DH_ASSIGN(const auto flushed, count(connection, fmt::format("ducklake_flush_inlined_data({})", lake())));
  report.files_written += flushed;
  DH_ASSIGN(report.snapshots_expired,
            count(connection, fmt::format("ducklake_expire_snapshots({}, older_than => {})", lake(),
                                          before(upkeep.now, upkeep.keep_snapshots_seconds))));
  DH_TRY(compact(connection, fmt::format("ducklake_merge_adjacent_files({})", lake()), report));
  DH_TRY(compact(connection,
                 fmt::format("ducklake_rewrite_data_files({}, delete_threshold => {})", lake(), kDeletedShare),
                 report));
  const auto old = before(upkeep.now, upkeep.keep_files_seconds);
  DH_ASSIGN(report.files_removed,
            count(connection, fmt::format("ducklake_cleanup_old_files({}, older_than => {})", lake(), old)));
  DH_TRY(record(connection, upkeep.now, start, report, 0));
  return report;
}

Result<std::int64_t> remove_orphans(Connection& connection, Timestamp now, Timestamp before_then) {
  const auto start = std::chrono::steady_clock::now();
  DH_ASSIGN(const auto removed, count(connection, fmt::format("ducklake_delete_orphaned_files({}, older_than => {})",
                                                              lake(), before(before_then, 0))));
  DH_TRY(record(connection, now, start, {}, removed));
  return removed;
}

// DuckLake's own dry run would need the right to write. The names of files are their own: no two are the same.
Result<std::vector<std::string>> find_orphans(Connection& connection, Timestamp before_then) {
  DH_ASSIGN(const auto folder,
            connection.scalar_text(
                fmt::format("select value from {}.ducklake_metadata where key = 'data_path'", catalogue_name())));
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format(
                "select filename from read_blob({0}) where last_modified < {1} and parse_filename(filename) not in "
                "(select parse_filename(path) from {2}.ducklake_data_file union all select parse_filename(path) from "
                "{2}.ducklake_delete_file union all select parse_filename(path) from "
                "{2}.ducklake_files_scheduled_for_deletion) order by all",
                sql_text(folder.value_or("") + "**/*.parquet"), before(before_then, 0), catalogue_name())));
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < rows.row_count(); ++i) paths.push_back(rows.display(i, 0));
  return paths;
}

Result<std::vector<LakeTable>> lake_tables(Connection& connection) {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format(
                "select s.schema_name || '.' || i.table_name, file_count, file_size_bytes, delete_file_count, "
                "delete_file_size_bytes from ducklake_table_info({}) i join {}.ducklake_schema s on s.schema_id = "
                "i.schema_id and s.end_snapshot is null where file_count > 0 order by 3 desc, 1",
                lake(), catalogue_name())));
  std::vector<LakeTable> tables;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    tables.push_back(
        {rows.display(i, 0), rows.integer(i, 1), rows.integer(i, 2), rows.integer(i, 3), rows.integer(i, 4)});
  return tables;
}

Result<std::vector<LakeFile>> files_of_month(Connection& connection, const std::string& month) {
  DH_ASSIGN(const auto tables,
            connection.query(fmt::format(
                "select distinct s.schema_name, t.table_name from {0}.ducklake_partition_info p join "
                "{0}.ducklake_table t on t.table_id = p.table_id and t.end_snapshot is null join {0}.ducklake_schema s "
                "on s.schema_id = t.schema_id and s.end_snapshot is null where p.end_snapshot is null order by all",
                catalogue_name())));
  const auto folder = fmt::format("/year={}/month={}/", month.substr(0, 4), std::stoi(month.substr(5)));
  std::vector<LakeFile> files;
  for (std::size_t t = 0; t < tables.row_count(); ++t) {
    const auto schema = tables.display(t, 0), table = tables.display(t, 1);
    DH_ASSIGN(const auto rows, connection.query(fmt::format(
                                   "select data_file, data_file_size_bytes, delete_file is not null from "
                                   "ducklake_list_files({}, {}, schema => {}) where contains(data_file, {}) order by "
                                   "all",
                                   lake(), sql_text(table), sql_text(schema), sql_text(folder))));
    for (std::size_t i = 0; i < rows.row_count(); ++i)
      files.push_back(
          {fmt::format("{}.{}", schema, table), rows.display(i, 0), rows.integer(i, 1), rows.integer(i, 2) != 0});
  }
  return files;
}

}  // namespace deskhouse::warehouse
