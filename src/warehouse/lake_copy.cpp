#include "warehouse/lake_copy.h"

#include <fmt/format.h>

#include "warehouse/lake.h"

namespace deskhouse::warehouse {

namespace {

constexpr std::string_view kCopy = "catalogue_copy";

// DuckLake's tables (its specification, 1.0), and which of their rows belong to the latest snapshot. All snapshots' are
// in the same tables.
struct Part {
  std::string_view table;
  enum class Of { all, snapshot, versions, files, nothing } of = Of::versions;
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
    {"ducklake_file_column_stats", files},
    {"ducklake_file_variant_stats", files},
    {"ducklake_file_partition_value", files},
    {"ducklake_files_scheduled_for_deletion", nothing},
};

// What a statement that copies a table ends with. Which files there are is in the copy by then.
std::string rows_of(Part::Of of) {
  switch (of) {
    case all:
      return "";
    case snapshot:
      return " order by snapshot_id desc limit 1";
    case versions:
      return " where end_snapshot is null";
    case files:
      return fmt::format(" where data_file_id in (select data_file_id from {}.ducklake_data_file)", kCopy);
    case nothing:
      return " limit 0";
  }
  return {};
}

}  // namespace

Result<std::int64_t> write_copy(Connection& connection, const std::string& file) {
  const auto copy = [&](std::string_view table, Part::Of of) {
    return connection.execute_now(
        fmt::format("create table {0}.{1} as from {2}.{1}{3}", kCopy, sql_name(table), catalogue_name(), rows_of(of)));
  };
  // None: somebody committed meanwhile. Each statement reads a SQLite catalogue as it is then, so that what was copied
  // may be of two snapshots.
  const auto copy_all = [&]() -> Result<std::optional<std::int64_t>> {
    DH_TRY(connection.execute_now("begin transaction"));
    for (const auto& part : kParts) DH_TRY(copy(part.table, part.of));
    // Deskhouse keeps no rows in the catalogue. Others who write to the lake may.
    DH_ASSIGN(const auto inlined,
              connection.query(fmt::format("select table_name from {}.ducklake_inlined_data_tables", kCopy)));
    for (std::size_t i = 0; i < inlined.row_count(); ++i) DH_TRY(copy(inlined.text(i, 0), all));
    DH_ASSIGN(const auto id, connection.scalar(fmt::format("select snapshot_id from {}.ducklake_snapshot", kCopy)));
    DH_ASSIGN(const auto latest,
              connection.scalar(fmt::format("select max(snapshot_id) from {}.ducklake_snapshot", catalogue_name())));
    DH_TRY(connection.execute_now(latest == id ? "commit" : "rollback"));
    return latest == id ? id : std::nullopt;
  };
  DH_TRY(connection.execute_now(fmt::format("attach {} as {}", sql_text(file), kCopy)));
  auto id = copy_all();
  while (id && !*id) id = copy_all();
  if (!id) (void)connection.execute_now("rollback");
  DH_TRY(connection.execute_now(fmt::format("detach {}", kCopy)));
  if (!id) return std::unexpected(id.error());
  return **id;
}

}  // namespace deskhouse::warehouse
