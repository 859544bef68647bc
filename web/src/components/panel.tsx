// A part of a page: its title with its definition, a picture, and the same numbers as a table or as CSV.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Loaded } from "../api/use";
import { t } from "../i18n";
import { Icon } from "./icons";
import { Empty, Failed, Loading } from "./states";
import { Table, saveFile, toCsv, type Column } from "./table";
import { MetricTip } from "./tip";

interface PanelProps<T, Row> {
  title: string;
  /** Columns of the page's twelve. */
  span?: 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12;
  sub?: ComponentChildren;
  metric?: string;
  /** What is loaded; absent for a part that loads nothing itself. */
  from?: Loaded<T>;
  /** The numbers behind the picture. */
  rows?: (data: T) => Row[];
  columns?: Column<Row>[];
  /** The table is the picture. */
  tableOnly?: boolean;
  first?: number;
  flush?: boolean;
  foot?: ComponentChildren;
  empty?: string;
  actions?: ComponentChildren;
  children?: (data: T) => ComponentChildren;
}

export function Panel<T, Row = unknown>(props: PanelProps<T, Row>) {
  const { title, span = 6, from, columns } = props;
  const [asTable, setAsTable] = useState(false);
  const data = from?.data;
  const rows = data !== undefined && props.rows ? props.rows(data) : undefined;
  const hasRows = rows !== undefined && rows.length > 0 && columns !== undefined;
  const table = hasRows && (asTable || props.tableOnly);

  let body: ComponentChildren;
  if (from?.error !== undefined && (data === undefined || from.stale)) body = <Failed error={from.error} retry={from.retry} />;
  else if (from && data === undefined) body = <Loading />;
  else if (rows !== undefined && rows.length === 0) body = <Empty text={props.empty} />;
  else if (table) body = <Table caption={title} columns={columns} rows={rows} first={props.first} />;
  else body = props.children?.(data as T);

  return (
    <section class={`panel span-${span} ${from?.stale ? "stale" : ""}`} aria-label={title} aria-busy={from?.loading ?? false}>
      <header class="panel-head">
        <div class="titles">
          <div class="title-line">
            <h2>{title}</h2>
            {props.metric && <MetricTip name={props.metric} />}
          </div>
          {props.sub && <p>{props.sub}</p>}
        </div>
        <div class="panel-actions">
          {props.actions}
          {hasRows && !props.tableOnly && (
            <button class="icon-button small" type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}
              aria-label={asTable ? t("{title}: show as chart", { title }) : t("{title}: show as table", { title })} title={asTable ? t("Chart") : t("Table")}>
              <Icon name={asTable ? "chart" : "table"} />
            </button>
          )}
          {hasRows && (
            <button class="icon-button small" type="button" aria-label={t("{title}: download as CSV", { title })} title="CSV"
              onClick={() => saveFile(`${title}.csv`, toCsv(columns, rows), "text/csv")}>
              <Icon name="download" />
            </button>
          )}
        </div>
      </header>
      <div class={`panel-body ${props.flush || table ? "flush" : ""}`}>{body}</div>
      {props.foot && <div class="panel-foot">{props.foot}</div>}
    </section>
  );
}
