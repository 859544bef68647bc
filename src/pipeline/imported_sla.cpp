#include "pipeline/imported_sla.h"

#include <fmt/format.h>

#include "warehouse/functions.h"

namespace deskhouse::pipeline {

Result<ImportedSla> read_imported_sla(warehouse::Connection& connection) {
  ImportedSla imported;
  auto rows_or = connection.query("select source, toml from meta.imported_sla");
  if (!rows_or) {  // of a warehouse that this version has not migrated
    DH_ASSIGN(const auto known,
              connection.scalar("select count(*) from duckdb_columns() where schema_name = 'meta' and table_name = "
                                "'imported_sla' and database_name = current_database()"));
    if (known.value_or(0) == 0) return imported;
  }
  DH_ASSIGN(const auto rows, std::move(rows_or));
  for (std::size_t i = 0; i < rows.row_count(); ++i) imported[rows.display(i, 0)] = rows.display(i, 1);
  return imported;
}

Status write_imported_sla(warehouse::Connection& connection, const ImportedSla& imported, std::int64_t run_id) {
  DH_ASSIGN(const auto before, read_imported_sla(connection));
  if (before == imported) return {};
  DH_TRY(connection.execute("delete from meta.imported_sla"));
  for (const auto& [source, toml] : imported)
    DH_TRY(connection.execute(fmt::format("insert into meta.imported_sla values ({}, {}, {})",
                                          warehouse::sql_text(source), warehouse::sql_text(toml), run_id)));
  return {};
}

Status use_imported_sla(config::Config& config, const ImportedSla& imported) {
  std::string all;
  for (const auto& [source, toml] : imported) all += toml;
  return config::add_imported_sla(config, all);
}

Status use_imported_sla(config::Config& config, warehouse::Connection& connection,
                        warehouse::FunctionContext& functions) {
  DH_ASSIGN(const auto imported, read_imported_sla(connection));
  DH_TRY(use_imported_sla(config, imported));
  functions.set_policies(config.sla);
  return {};
}

}  // namespace deskhouse::pipeline
