// Tickets by priority in windows of some seconds, as the stream counts them: the newest stand at the right and move on.
import { useMemo } from "preact/hooks";
import type { LiveNumbers } from "../api/live";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Panel } from "../components/panel";
import { t } from "../i18n";
import { count, dateTime } from "../lib/format";
import { word } from "../lib/words";

const SHOWN = 36;
const PRIORITIES = ["Low", "Medium", "High", "Critical"] as const;
type Row = Record<(typeof PRIORITIES)[number], number> & { start: string; is_final: boolean };

/** All windows up to the newest, those without tickets too. */
function filled(live: LiveNumbers): Row[] {
  const known = new Map(live.windows.map((window) => [Date.parse(window.start), window]));
  const newest = Math.max(...known.keys());
  if (!Number.isFinite(newest)) return [];
  return Array.from({ length: SHOWN }, (_, i) => {
    const at = newest - (SHOWN - 1 - i) * live.window_seconds * 1000;
    return known.get(at) ?? { start: new Date(at).toISOString(), is_final: true, Low: 0, Medium: 0, High: 0, Critical: 0 };
  });
}

export function LiveWindows({ live }: { live: LiveNumbers }) {
  const rows = useMemo(() => filled(live), [live]);
  const option = useMemo(() => () => overAxis(rows.map((row) => dateTime(row.start, true)), PRIORITIES.map((priority) => (
    { name: word(priority), values: rows.map((row) => row[priority]), colour: `priority-${priority.toLowerCase()}`, kind: "bar", stack: "all" }
  )), { value: count, name: (time) => time.slice(-8) }), [rows]);
  const state = live.is_reading
    ? live.lag === null ? t("The stream is read.") : t("The stream is read, {n} messages behind.", { n: count(live.lag) })
    : t("The stream is not read: {why}", { why: live.error ?? "…" });
  return (
    <Panel span={12} title={t("Tickets by 10 seconds")}
      sub={<><span data-live="tickets">{t("{n} tickets, {open} open", { n: count(live.tickets), open: count(live.open) })}</span> · {state}{live.corrections > 0 && ` · ${t("{n} corrections of windows that were final", { n: count(live.corrections) })}`}</>}
      from={{ data: rows, loading: false, stale: false, error: undefined, retry: () => undefined }} rows={(data) => data}
      columns={[
        { title: t("From"), value: (row) => row.start, show: (row) => dateTime(row.start, true) },
        ...PRIORITIES.map((priority) => ({ title: word(priority), value: (row: Row) => row[priority], number: true })),
        { title: t("Window is final"), value: (row) => (row.is_final ? "✓" : "") },
      ]}>
      {() => <Chart option={option} label={t("Tickets created in each of the last windows of 10 seconds, by priority")} />}
    </Panel>
  );
}
