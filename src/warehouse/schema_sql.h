// The warehouse's own tables and how they move forward. Everything operational derives from schema/entities.h; the
// meta and staging tables are written out in schema_sql.cpp, each once.
#pragma once

#include <string>
#include <vector>

#include "warehouse/database.h"

namespace deskhouse::warehouse {

// All that a warehouse has.
inline constexpr const char* kSchemas[] = {"staging",           "operational",      "core",
                                           "mart_service_desk", "mart_performance", "mart_customer",
                                           "mart_asset",        "mart_financial",   "meta"};

// Creates what is missing and migrates what is older: columns that the description gained are added (NULL, or the
// type's zero where never NULL); a column that is gone, or has another type, is refused with the table, the column
// and what to do. Returns true if anything changed. Cheap when the stored fingerprint is the current one.
Result<bool> migrate(Connection& connection);

// Entities whose every version is kept beside the current state, with the name of that table ("agent_versions").
struct Versioned {
  std::string entity, table;
};
const std::vector<Versioned>& versioned_entities();

// The fixed tables, for docs/tables.md: qualified name, description, CREATE statement.
struct FixedTable {
  std::string_view name, doc, columns;
  std::string_view packed = {};  // a column of bytes that are compressed before they are stored
};
const std::vector<FixedTable>& fixed_tables();

// Views over them, likewise.
struct FixedView {
  std::string_view name, doc, select;
};
const std::vector<FixedView>& fixed_views();

}  // namespace deskhouse::warehouse
