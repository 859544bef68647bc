#include "warehouse/lake_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "base/fault.h"
#include "warehouse/lake.h"

namespace deskhouse::warehouse {

namespace {

namespace fs = std::filesystem;

Result<fs::path> folder_of(Connection& connection, std::string_view schema, std::string_view table) {
  DH_ASSIGN(const auto path,
            connection.scalar_text(fmt::format(
                "select case when t.path_is_relative then case when s.path_is_relative then m.value else '' end || "
                "s.path else '' end || t.path from {0}.ducklake_table t join {0}.ducklake_schema s on s.schema_id = "
                "t.schema_id and s.end_snapshot is null join {0}.ducklake_metadata m on m.key = 'data_path' where "
                "t.end_snapshot is null and s.schema_name = {1} and t.table_name = {2}",
                catalogue_name(), sql_text(schema), sql_text(table))));
  if (!path) return fail(Error::Kind::warehouse, fmt::format("The lake has no table {}.{}", schema, table));
  return fs::path(*path);
}

// The folders above a file that are named like a partition.
fs::path partition_of(const fs::path& file) {
  fs::path partition;
  for (const auto& part : file.parent_path()) partition = part.native().contains('=') ? partition / part : fs::path();
  return partition;
}

Status move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::rename(from, to, error);
  if (error == std::errc::cross_device_link) {
    fs::copy_file(from, to, error);
    if (!error) fs::remove(from, error);
  }
  if (!error) return {};
  return fail(Error::Kind::io,
              fmt::format("{} cannot be moved to {}: {}", from.string(), to.string(), error.message()));
}

}  // namespace

Status add_lake_files(Connection& connection, std::string_view table, const std::vector<std::string>& files) {
  const auto dot = table.find('.');
  const auto schema = table.substr(0, dot), name = table.substr(dot + 1);
  DH_ASSIGN(const auto folder, folder_of(connection, schema, name));
  std::vector<std::string> moved;
  for (const fs::path file : files) {
    const auto target = folder / partition_of(file) / file.filename();
    DH_TRY(move_file(file, target));
    moved.push_back(sql_text(target.string()));
  }
  fault_point("lake_files_moved");
  return connection.execute(
      fmt::format("call ducklake_add_data_files({}, {}, [{}], schema => {}, ignore_extra_columns => true)",
                  sql_text(kLakeName), sql_text(name), fmt::join(moved, ", "), sql_text(schema)));
}

}  // namespace deskhouse::warehouse
