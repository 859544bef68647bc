// The desk now. Nothing here is asked for again and again: the server says when there is something new.
import { useMemo } from "preact/hooks";
import { connected, numbers, published } from "../api/live";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Panel } from "../components/panel";
import { hours48, newest, nextDue, now as nowStatement, type Hour, type Now, type Recent } from "../data/now";
import { t } from "../i18n";
import { ticketHref, ticketsHref } from "../lib/drill";
import { count, dateTime } from "../lib/format";
import { useStore } from "../lib/store";
import { word } from "../lib/words";
import { LiveWindows } from "../parts/live-windows";

export default function Live() {
  const on = useStore(connected);
  const versions = useStore(published);
  const streamed = useStore(numbers);
  const at = useSpan().now;
  const sums = useRows<Now>(nowStatement(at));
  const hours = useRows<Hour>(hours48());
  const made = useRows<Recent>(newest(at));
  const due = useRows<Recent>(nextDue(at));
  const now = sums.data?.[0];
  const option = useMemo(() => {
    const rows = hours.data ?? [];
    return () => overAxis(rows.map((row) => row.hour), [
      { name: t("Others"), values: rows.map((row) => row.tickets - row.critical), colour: "chart-1", kind: "bar", stack: "all" },
      { name: t("Critical"), values: rows.map((row) => row.critical), colour: "priority-critical", kind: "bar", stack: "all" },
    ], { value: count, name: (hour) => hour.slice(11) === "00:00" ? hour.slice(5, 10) : hour.slice(11) });
  }, [hours.data]);
  const card = (title: string, value: number | undefined, link: string | undefined, tone = "") => (
    <article class={`kpi ${value === undefined ? "loading" : ""}`} aria-label={title}>
      <div class="kpi-head"><h2 class="kpi-title">{title}</h2></div>
      <div class={`kpi-value ${value ? tone : ""}`}>{link && value !== undefined ? <a href={link}>{count(value)}</a> : count(value)}</div>
    </article>
  );
  const list = (title: string, sub: string, when: string, from: typeof made) => (
    <Panel span={6} title={title} sub={sub} from={from} tableOnly rows={(data) => data} first={12}
      columns={[
        { title: t("Ticket"), value: (row) => row.ticket_id, show: (row) => <a class="mono" href={ticketHref(row.source, row.ticket_id)}>{row.ticket_id}</a> },
        { title: t("Subject"), value: (row) => row.subject, wrap: true },
        { title: t("Priority"), value: (row) => row.priority, show: (row) => <><span class={`dot ${row.priority.toLowerCase()}`} /> {word(row.priority)}</> },
        { title: when, value: (row) => row.happened_at, show: (row) => dateTime(row.happened_at) },
      ]} />
  );
  return (
    <>
      <p role="status" class="small">
        <span class={`pulse ${on ? "" : "off"}`} />{" "}
        {on ? t("Connected: a new version of the data shows here by itself.") : t("Not connected. The page tries again by itself.")}{" "}
        {versions[0] && <b>{t("Version {n}, as of {time}", { n: count(versions[0].data_version), time: dateTime(versions[0].as_of, true) })}</b>}
      </p>
      <div class="kpis">
        {card(t("Open now"), now?.open, ticketsHref({ open: "true" }))}
        {card(t("Open and over target"), now?.breached_open, ticketsHref({ open: "true", breached: "true", sort: "age" }), "bad")}
        {card(t("Reach their target in 4 hours"), now?.due_soon, undefined, "warn")}
        {card(t("Critical and open"), now?.critical_open, ticketsHref({ open: "true", priority: "Critical", sort: "age" }), "bad")}
        {card(t("Created in 24 hours"), now?.created_24h, undefined)}
        {card(t("Resolved in 24 hours"), now?.resolved_24h, undefined)}
      </div>
      <div class="grid">
        {streamed && <LiveWindows live={streamed} />}
        <Panel span={8} title={t("Tickets by the hour")} sub={t("Created in the 48 hours up to now")} from={hours} rows={(data) => data}
          columns={[{ title: t("Hour"), value: (row) => row.hour }, { title: t("Tickets"), value: (row) => row.tickets, number: true }, { title: t("Critical"), value: (row) => row.critical, number: true }]}>
          {() => <Chart option={option} label={t("Tickets created in each of the last 48 hours")} />}
        </Panel>
        <Panel span={4} title={t("New versions")} sub={t("Since this page was opened")}>
          {() => (
            <ul class="timeline">
              {versions.map((one) => <li><b>{t("Version {n}", { n: count(one.data_version) })}</b> · {t("as of {time}", { time: dateTime(one.as_of, true) })}<br /><time dateTime={one.heard}>{t("heard {time}", { time: dateTime(one.heard, true) })}</time></li>)}
            </ul>
          )}
        </Panel>
        {list(t("Newest tickets"), t("As they came in"), t("Created"), made)}
        {list(t("Next to reach their target"), t("Open, still in time, the most urgent first"), t("Target reached"), due)}
      </div>
    </>
  );
}
