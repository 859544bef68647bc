#include "warehouse/partitions.h"

#include <fmt/format.h>

namespace deskhouse::warehouse {

Status partition_by_month(Connection& connection, std::string_view table, std::string_view column) {
  if (column.empty() || !connection.is_of_lake()) return {};
  return connection.execute(fmt::format("alter table {0} set partitioned by (year({1}), month({1}))", table, column));
}

Status create_table_as(Connection& connection, std::string_view table, std::string_view column,
                       std::string_view select) {
  if (column.empty() || !connection.is_of_lake())
    return connection.execute(fmt::format("create or replace table {} as\n{}", table, select));
  // DuckLake takes no partitions while a table is made.
  DH_TRY(
      connection.execute(fmt::format("create or replace table {} as select * from (\n{}\n) limit 0", table, select)));
  DH_TRY(partition_by_month(connection, table, column));
  return connection.execute(fmt::format("insert into {} by name\n{}", table, select));
}

}  // namespace deskhouse::warehouse
