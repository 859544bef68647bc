// Ask the warehouse: SQL with the tables at hand, the answer as a table, and the answer to take away.
import { useEffect, useRef, useState } from "preact/hooks";
import { objects, run, type Result, type Value } from "../api/query";
import { Editor } from "../components/editor";
import { Icon } from "../components/icons";
import { Failed } from "../components/states";
import { saveFile, toCsv } from "../components/table";
import { useSchema, type TableInfo } from "../data/schema";
import { t } from "../i18n";
import { count, seconds } from "../lib/format";
import { change, useLocation } from "../lib/location";

const EXAMPLES: { title: () => string; sql: string }[] = [
  { title: () => t("SLA by month and priority"), sql: "select month, priority, met, breached, attainment\nfrom mart_service_desk.sla_by_month\norder by month desc, priority\nlimit 24" },
  { title: () => t("Slowest categories"), sql: "select category, count(*) as tickets, quantile_cont(resolution_hours, 0.9) as p90_hours\nfrom core.fact_tickets\nwhere not is_deleted and not is_open\ngroup by category\norder by p90_hours desc" },
  { title: () => t("Agents of the last month"), sql: "select name, resolved, first_contact_rate, utilisation\nfrom mart_performance.agents_by_month\nwhere month = (select max(month) from mart_performance.agents_by_month)\norder by resolved desc" },
];
const SHOWN_MAX = 1000;

function cell(value: Value): string {
  return value === null ? "NULL" : String(value);
}
function Results({ result }: { result: Result }) {
  const numbers = result.columns.map((_, index) => result.rows.some((row) => typeof row[index] === "number") && result.rows.every((row) => row[index] === null || typeof row[index] === "number"));
  return (
    <div class="results table-box" tabIndex={0} role="region" aria-label={t("Results")}>
      <table>
        <thead><tr>{result.columns.map((column, index) => <th scope="col" class={numbers[index] ? "num" : ""} title={column.type}>{column.name}</th>)}</tr></thead>
        <tbody>
          {result.rows.slice(0, SHOWN_MAX).map((row) => (
            <tr>{row.map((value, index) => <td class={`${numbers[index] ? "num" : "wrap"} ${value === null ? "muted" : ""}`}>{cell(value)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Catalog({ tables }: { tables: TableInfo[] }) {
  const [search, setSearch] = useState("");
  const small = search.toLowerCase();
  const found = tables.filter((table) => table.name.includes(small) || table.columns.some((column) => column.name.includes(small)));
  const insert = (text: string) => dispatchEvent(new CustomEvent("deskhouse:insert", { detail: text }));
  return (
    <section class="panel catalog" aria-label={t("Tables")}>
      <div class="panel-body">
        <input class="field" type="search" placeholder={t("Table or column")} aria-label={t("Table or column")} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        {found.map((table, index) => (
          <>
          {table.name.split(".")[0] !== found[index - 1]?.name.split(".")[0] && <h3>{table.name.split(".")[0]}</h3>}
          <details key={table.name} open={small.length > 2 && found.length < 6}>
            <summary>{table.name.split(".")[1]}</summary>
            <button type="button" class="column" onClick={() => insert(table.name)}><span>+ {t("the table's name")}</span><span /></button>
            {table.columns.filter((column) => small.length < 3 || column.name.includes(small) || table.name.includes(small)).map((column) => (
              <button type="button" class="column" onClick={() => insert(column.name)}><span class="mono">{column.name}</span><span>{column.type.toLowerCase()}</span></button>
            ))}
          </details>
          </>
        ))}
      </div>
    </section>
  );
}

export default function Explore() {
  const { params } = useLocation();
  const schema = useSchema();
  const [text, setText] = useState(params.get("sql") ?? EXAMPLES[0]?.sql ?? "");
  const [state, setState] = useState<{ result?: Result; error?: unknown; took?: number; running?: AbortController }>({});
  const started = useRef(false);

  async function ask(): Promise<void> {
    state.running?.abort();
    const running = new AbortController();
    const begin = performance.now();
    change({ sql: text }, true);
    setState({ running });
    try {
      const result = await run({ sql: text, params: [] }, running.signal);
      setState({ result, took: (performance.now() - begin) / 1000 });
    } catch (error) {
      if (!running.signal.aborted) setState({ error });
      else setState({});
    }
  }
  useEffect(() => {
    if (started.current || params.get("sql") === null) return;
    started.current = true; // a link with SQL shows its answer at once
    void ask();
  });
  function take(format: "csv" | "json"): void {
    if (!state.result) return;
    if (format === "json") saveFile("deskhouse.json", JSON.stringify(objects(state.result), null, 1), "application/json");
    else saveFile("deskhouse.csv", toCsv(state.result.columns.map((column, index) => ({ title: column.name, value: (row: Value[]) => row[index] })), state.result.rows), "text/csv");
  }
  const { result } = state;
  return (
    <div class="explore">
      <Catalog tables={schema.data ?? []} />
      <div>
        <Editor value={text} onInput={setText} onRun={() => void ask()} tables={schema.data ?? []} />
        <div class="toolbar">
          {state.running ? (
            <button class="button" type="button" onClick={() => state.running?.abort()}><Icon name="stop" /> {t("Cancel")}</button>
          ) : (
            <button class="button primary" type="button" onClick={() => void ask()}><Icon name="play" /> {t("Run")}</button>
          )}
          <select class="field" aria-label={t("Examples")} value="" onChange={(event) => { const found = EXAMPLES[Number(event.currentTarget.value)]; if (found) setText(found.sql); event.currentTarget.value = ""; }}>
            <option value="">{t("Examples")}</option>
            {EXAMPLES.map((example, index) => <option value={index}>{example.title()}</option>)}
          </select>
          <span class="grow" />
          <button class="button" type="button" disabled={!result} onClick={() => take("csv")}><Icon name="download" /> CSV</button>
          <button class="button" type="button" disabled={!result} onClick={() => take("json")}><Icon name="download" /> JSON</button>
        </div>
        <div role="status" aria-live="polite" class="small muted">
          {state.running && t("Running")}
          {result && t("{n} rows in {time}", { n: count(result.rows.length), time: seconds(state.took) })}
          {result && result.rows.length > SHOWN_MAX && ` · ${t("the first {n} are shown", { n: count(SHOWN_MAX) })}`}
          {result?.truncated && <b class="warn"> {t("The server stopped at its limit of rows.")}</b>}
        </div>
        {state.error !== undefined && <section class="panel"><Failed error={state.error} /></section>}
        {result && <section class="panel"><Results result={result} /></section>}
      </div>
    </div>
  );
}
