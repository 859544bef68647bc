// Tables and columns of the warehouse, for the editor.
import { rowsOf } from "../api/query";
import { useData, type Loaded } from "../api/use";

export interface TableInfo {
  name: string;
  columns: { name: string; type: string }[];
}
const ORDER = ["mart_service_desk", "mart_performance", "mart_customer", "mart_asset", "mart_financial", "core", "operational", "meta"];

export const useSchema = (): Loaded<TableInfo[]> => useData("schema", async () => {
  const rows = await rowsOf<{ table_schema: string; table_name: string; column_name: string; data_type: string }>({
    sql: "select table_schema, table_name, column_name, data_type from information_schema.columns order by table_schema, table_name, ordinal_position", params: [],
  });
  const tables = new Map<string, TableInfo>();
  for (const row of rows) {
    if (!ORDER.includes(row.table_schema)) continue;
    const name = `${row.table_schema}.${row.table_name}`;
    if (!tables.has(name)) tables.set(name, { name, columns: [] });
    tables.get(name)?.columns.push({ name: row.column_name, type: row.data_type });
  }
  const rank = (name: string) => ORDER.indexOf(name.split(".")[0] ?? "");
  return [...tables.values()].sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
});
