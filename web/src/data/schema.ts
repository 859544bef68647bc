// Tables and columns of the warehouse, for the editor.
import { getJson } from "../api/client";
import { useData, type Loaded } from "../api/use";

export interface TableInfo {
  name: string;
  columns: { name: string; type: string }[];
}
const ORDER = ["mart_service_desk", "mart_performance", "mart_customer", "mart_asset", "mart_financial", "core", "operational", "meta"];

interface ColumnRow {
  schema: string;
  table: string;
  column: string;
  type: string;
}
export const useSchema = (): Loaded<TableInfo[]> => useData("schema", async () => {
  const { items } = await getJson<{ items: ColumnRow[] }>("/api/v1/tables");
  const tables = new Map<string, TableInfo>();
  for (const row of items) {
    const name = `${row.schema}.${row.table}`;
    if (!tables.has(name)) tables.set(name, { name, columns: [] });
    tables.get(name)?.columns.push({ name: row.column, type: row.type });
  }
  const rank = (name: string) => ORDER.indexOf(name.split(".")[0] ?? "");
  return [...tables.values()].sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
});
