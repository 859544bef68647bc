// SQL over the marts: POST /api/v1/query. Values never enter the text: each is a parameter.
import { postJson } from "./client";
import { useData, type Loaded } from "./use";

export type Value = string | number | boolean | null;
export interface Result {
  columns: { name: string; type: string }[];
  rows: Value[][];
  /** True if the server stopped at its limit of rows. */
  truncated?: boolean;
}
export interface Statement {
  sql: string;
  params: Value[];
}

export const run = (statement: Statement, signal?: AbortSignal): Promise<Result> => postJson<Result>("/api/v1/query", statement, signal);

/** Rows as objects, keyed by the names of the columns. */
export function objects<Row>(result: Result): Row[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column.name, row[index] ?? null])) as Row);
}
export async function rowsOf<Row>(statement: Statement): Promise<Row[]> {
  return objects<Row>(await run(statement));
}
export function useRows<Row>(statement: Statement | null): Loaded<Row[]> {
  return useData(statement && JSON.stringify(statement), () => rowsOf<Row>(statement as Statement));
}
