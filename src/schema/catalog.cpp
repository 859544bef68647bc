#include "schema/catalog.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <utility>

#include "schema/batch.h"

namespace deskhouse::schema {
namespace {

// In the order in which a run extracts them: what others reference comes first, so that fewer members have to
// be inferred. The history stands before the tickets whose measures it decides.
const std::array<TableInfo, 11>& all_entities() {
  static const std::array<TableInfo, 11> tables{
      describe(kGroups),  describe(kDepartments), describe(kAgents),      describe(kRequesters),
      describe(kAssets),  describe(kProblems),    describe(kChanges),     describe(kTicketEvents),
      describe(kTickets), describe(kSurveys),     describe(kTimeEntries),
  };
  return tables;
}

}  // namespace

std::span<const TableInfo> entities() {
  return all_entities();
}

const TableInfo* find_entity(std::string_view name) {
  for (const auto& table : entities())
    if (table.name == name) return &table;
  return nullptr;
}

std::string sql_type(Type type) {
  switch (type) {
    case Type::text:
    case Type::json:
      return "VARCHAR";  // DuckDB's JSON is a VARCHAR too, but would need its extension to be loaded
    case Type::boolean:
      return "BOOLEAN";
    case Type::integer:
      return "BIGINT";
    case Type::decimal:
      return fmt::format("DECIMAL(18,{})", Decimal::kScale);
    case Type::timestamp:
      return "TIMESTAMP";  // UTC
    case Type::date:
      return "DATE";
  }
  std::unreachable();
}

std::string create_table_sql(const TableInfo& table, std::string_view qualified_name) {
  std::string sql = fmt::format("CREATE TABLE {} (\n  key BIGINT NOT NULL", qualified_name);
  for (const auto& c : table.columns) {
    sql += fmt::format(",\n  {} {}{}", c.name, sql_type(c.type), c.nullable ? "" : " NOT NULL");
    if (!c.traits.references.empty()) sql += fmt::format(",\n  {} BIGINT", key_column_name(c.name));
  }
  sql +=
      ",\n  source VARCHAR NOT NULL,\n  position BIGINT NOT NULL,\n  row_hash BIGINT NOT NULL"
      ",\n  loaded_at TIMESTAMP NOT NULL,\n  run_id BIGINT NOT NULL\n)";
  return sql;
}

std::string fingerprint() {
  std::string all;
  for (const auto& table : entities()) all += create_table_sql(table, table.name) + ";\n";
  return fmt::format("{:016x}", XXH64(all.data(), all.size(), 0));
}

std::string_view partition_column(std::string_view entity) {
  if (entity == kTickets.name) return "created_at";
  if (entity == kTicketEvents.name) return "event_at";
  return {};
}

}  // namespace deskhouse::schema
