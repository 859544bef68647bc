// A table of rows: sorted by a click on a heading, numbers to the right, a row that leads somewhere is a link in its first cell.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../i18n";

export interface Column<Row> {
  title: ComponentChildren;
  /** For sorting and for CSV. */
  value: (row: Row) => string | number | boolean | null | undefined;
  show?: (row: Row) => ComponentChildren;
  number?: boolean;
  /** Long text: may take several lines. */
  wrap?: boolean;
  /** Plain name, for CSV and for screen readers where the title is not text. */
  name?: string;
}
interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  sortable?: boolean;
  /** Rows shown before "show all". */
  first?: number;
}

export function Table<Row>({ caption, columns, rows, sortable = true, first = 12 }: TableProps<Row>) {
  const [order, setOrder] = useState<{ column: number; down: boolean } | null>(null);
  const [all, setAll] = useState(false);
  const sorted = useMemo(() => {
    const column = order && columns[order.column];
    if (!order || !column) return rows;
    const sign = order.down ? -1 : 1;
    return [...rows].sort((left, right) => {
      const [a, b] = [column.value(left), column.value(right)];
      if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1; // what is missing stands last either way
      return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    });
  }, [rows, order, columns]);
  const shown = all ? sorted : sorted.slice(0, first);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => {
              const on = order?.column === index;
              return (
                <th scope="col" class={column.number ? "num" : ""} aria-sort={on ? (order.down ? "descending" : "ascending") : undefined}>
                  {sortable ? (
                    <button type="button" onClick={() => setOrder({ column: index, down: on ? !order.down : !!column.number })}>
                      {column.title}
                      {on && <span aria-hidden="true">{order.down ? "▼" : "▲"}</span>}
                    </button>
                  ) : column.title}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr>
              {columns.map((column) => (
                <td class={column.number ? "num" : column.wrap ? "wrap" : ""}>{column.show ? column.show(row) : (column.value(row) ?? "–")}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > first && (
        <div class="pager no-print">
          <span>{t("{shown} of {all}", { shown: shown.length, all: sorted.length })}</span>
          <button class="button quiet" type="button" onClick={() => setAll(!all)}>{all ? t("Show fewer") : t("Show all")}</button>
        </div>
      )}
    </div>
  );
}

/** Rows as CSV. A cell that a spreadsheet would run as a formula is kept as text by a leading apostrophe. */
export function toCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cell = (value: unknown) => {
    const text = value == null ? "" : String(value);
    const inert = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  };
  const names = columns.map((column) => cell(column.name ?? (typeof column.title === "string" ? column.title : "")));
  return [names.join(","), ...rows.map((row) => columns.map((column) => cell(column.value(row))).join(","))].join("\r\n") + "\r\n";
}
export function saveFile(name: string, content: BlobPart, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
