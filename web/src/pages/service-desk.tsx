// The service desk mart: flow, age, promises kept and missed, times, changes and problems.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { heatmap, overAxis } from "../charts/options";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { RESOLUTION_BANDS, byPriority, changes, problems, resolutionBands, slaHeat, staleCount, type Band, type ChangeMonth, type HeatCell, type PriorityRow, type ProblemRow } from "../data/desk";
import { backlog, resolutionSeries, series, slaBy, totals, type Ageing as AgeingRow, type Flow, type FlowPoint, type PercentilePoint, type SlaRow } from "../data/flow";
import { t } from "../i18n";
import { ticketsHref } from "../lib/drill";
import { useFilters } from "../lib/filters";
import { count, day, hours, month, share } from "../lib/format";
import { grainOf } from "../lib/period";
import { PRIORITIES, priorityColour, word } from "../lib/words";
import { Ageing } from "../parts/ageing";

const weekdays = () => [t("Mon"), t("Tue"), t("Wed"), t("Thu"), t("Fri"), t("Sat"), t("Sun")];
const bands = () => [...RESOLUTION_BANDS.map((edge) => `≤ ${edge < 48 ? `${edge} ${t("h")}` : `${edge / 24} ${t("d")}`}`), `> ${(RESOLUTION_BANDS.at(-1) ?? 0) / 24} ${t("d")}`];

export default function ServiceDesk() {
  const filters = useFilters(useSpan());
  const { period, previous } = filters;
  const grain = grainOf(period);
  const nameOf = grain === "month" ? month : (text: string) => day(text, false);
  const sums = useRows<Flow & { which: string }>(totals(filters));
  const points = useRows<FlowPoint>(series(filters));
  const open = useRows<AgeingRow>(backlog(filters));
  const before = useRows<AgeingRow>(previous ? backlog({ ...filters, period: { from: previous.to, to: previous.to } }, "day") : null);
  const stale = useRows<{ tickets: number }>(staleCount(useSpan().now));
  const heat = useRows<HeatCell>(slaHeat(filters));
  const dist = useRows<Band>(resolutionBands(filters));
  const times = useRows<PercentilePoint>(resolutionSeries(filters));
  const priorities = useRows<PriorityRow>(byPriority(filters));
  const groups = useRows<SlaRow>(slaBy("group", filters));
  const categories = useRows<SlaRow>(slaBy("category", filters));
  const changed = useRows<ChangeMonth>(changes(filters));
  const problem = useRows<ProblemRow>(problems());
  const now = sums.data?.find((row) => row.which === "period");
  const then = sums.data?.find((row) => row.which === "previous");
  const line = (pick: (point: FlowPoint) => number | null) => points.data?.map(pick);

  const ageOption = useMemo(() => {
    const rows = open.data ?? [];
    const bar = (name: string, pick: (row: AgeingRow) => number, colour: string) => ({ name, values: rows.map(pick), colour, kind: "area" as const, stack: "all" });
    return () => overAxis(rows.map((row) => row.day), [
      bar(t("Over 30 days"), (row) => row.age_over_30, "priority-critical"), bar(t("8–30 days"), (row) => row.age_8_30, "priority-high"),
      bar(t("2–7 days"), (row) => row.age_2_7, "priority-medium"), bar(t("0–1 days"), (row) => row.age_0_1, "priority-low"),
    ], { value: count, name: nameOf });
  }, [open.data, grain]);
  const heatOption = useMemo(() => {
    const cells = Array.from({ length: 7 * 24 }, (_, index) => {
      const found = heat.data?.find((cell) => cell.weekday === Math.floor(index / 24) + 1 && cell.hour === index % 24);
      const judged = found ? found.met + found.breached : 0;
      return { row: Math.floor(index / 24), column: index % 24, value: judged ? (found?.met ?? 0) / judged : null, note: t("{n} tickets, {m} breached", { n: judged, m: found?.breached ?? 0 }) };
    });
    const low = Math.min(0.9, ...cells.flatMap((cell) => (cell.value === null ? [] : [cell.value])));
    return () => heatmap(Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0")), weekdays(), cells, [Math.floor(low * 10) / 10, 1], (value) => share(value, 0), "up");
  }, [heat.data]);
  const distOption = useMemo(() => {
    const rows = dist.data ?? [];
    return () => overAxis(bands(), PRIORITIES.map((priority) => ({
      name: word(priority), colour: priorityColour(priority), kind: "bar" as const, stack: "all",
      values: bands().map((_, band) => rows.find((row) => row.band === band && row.priority === priority)?.tickets ?? 0),
    })), { value: count });
  }, [dist.data]);
  const timesOption = useMemo(() => {
    const rows = times.data ?? [];
    return () => overAxis(rows.map((row) => row.day), [
      { name: t("Median"), values: rows.map((row) => row.p50), colour: "chart-1", kind: "area" },
      { name: t("90th percentile"), values: rows.map((row) => row.p90), colour: "chart-3" },
    ], { value: hours, name: nameOf });
  }, [times.data, grain]);
  const changeOption = useMemo(() => {
    const rows = changed.data ?? [];
    return () => overAxis(rows.map((row) => row.month), [
      { name: t("Closed"), values: rows.map((row) => row.closed), colour: "chart-2", kind: "bar", stack: "all" },
      { name: t("Failed"), values: rows.map((row) => row.failed), colour: "priority-critical", kind: "bar", stack: "all" },
      { name: t("Others"), values: rows.map((row) => row.changes - row.closed - row.failed), colour: "chart-muted", kind: "bar", stack: "all" },
    ], { value: count, name: month });
  }, [changed.data]);
  const slaColumns = (title: string, link: (name: string) => string) => [
    { title, value: (row: SlaRow) => row.name, show: (row: SlaRow) => <a href={link(row.name)}>{row.name}</a> },
    { title: t("Tickets"), value: (row: SlaRow) => row.tickets, number: true }, { title: t("Breached"), value: (row: SlaRow) => row.breached, number: true },
    { title: t("Attainment"), value: (row: SlaRow) => row.attainment, show: (row: SlaRow) => share(row.attainment), number: true },
  ];

  return (
    <>
      <div class="kpis">
        <Kpi metric="net_flow" value={now && now.created - now.resolved} previous={then && then.created - then.resolved} spark={line((p) => p.created - p.resolved)} error={sums.error} />
        <Kpi metric="backlog_over_30_days" value={open.data && (open.data.at(-1)?.age_over_30 ?? 0)} previous={before.data?.at(-1)?.age_over_30} spark={open.data?.map((row) => row.age_over_30)} error={open.error} href={ticketsHref({ open: "true", sort: "age" })} />
        <Kpi metric="sla_attainment" value={now?.sla} previous={then?.sla} spark={line((p) => p.sla)} error={sums.error} href={ticketsHref({ created: "period", breached: "true" })} />
        <Kpi metric="response_sla_attainment" value={now?.response_sla} previous={then?.response_sla} spark={line((p) => p.response_sla)} error={sums.error} />
        <Kpi metric="mean_resolution_hours" value={now?.mean_resolution} previous={then?.mean_resolution} spark={line((p) => p.mean_resolution)} error={sums.error} href={ticketsHref({ resolved: "period", sort: "resolution" })} />
        <Kpi metric="mean_first_response_minutes" value={now?.mean_response} previous={then?.mean_response} spark={line((p) => p.mean_response)} error={sums.error} />
        <Kpi metric="reopen_rate" value={now?.reopen_rate} previous={then?.reopen_rate} spark={line((p) => p.reopen_rate)} error={sums.error} href={ticketsHref({ created: "period", reopened: "true" })} />
        <Kpi metric="stale_tickets" value={stale.data?.[0]?.tickets} error={stale.error} href={ticketsHref({ stale: "true", sort: "age" })} note={t("Now, of the whole desk")} />
      </div>
      <div class="grid">
        <Panel span={7} title={t("SLA by weekday and hour")} sub={t("Share of targets met, by when the ticket was created")} metric="sla_attainment" from={heat} rows={(data) => data}
          columns={[
            { title: t("Weekday"), value: (row) => row.weekday, show: (row) => weekdays()[row.weekday - 1] }, { title: t("Hour"), value: (row) => row.hour, number: true },
            { title: t("Met"), value: (row) => row.met, number: true }, { title: t("Breached"), value: (row) => row.breached, number: true },
          ]}>
          {() => <Chart option={heatOption} height={290} label={t("SLA attainment by weekday and hour of creation")} />}
        </Panel>
        <Panel span={5} title={t("By priority")} sub={t("Tickets created in the period")} metric="sla_attainment" from={priorities} tableOnly rows={(data) => data}
          columns={[
            { title: t("Priority"), value: (row) => row.name, show: (row) => <a href={ticketsHref({ created: "period", priority: row.name })}><span class={`dot ${row.name.toLowerCase()}`} /> {word(row.name)}</a> },
            { title: t("Tickets"), value: (row) => row.tickets, show: (row) => count(row.tickets), number: true },
            { title: t("SLA"), value: (row) => row.attainment, show: (row) => share(row.attainment), number: true },
            { title: t("Median"), value: (row) => row.p50, show: (row) => hours(row.p50), number: true },
            { title: t("P90"), value: (row) => row.p90, show: (row) => hours(row.p90), number: true },
            { title: t("Target"), value: (row) => row.target, show: (row) => hours(row.target), number: true },
          ]} />
        <Panel span={6} title={t("Time to resolve")} sub={t("Resolved in the period: half are faster than the median, nine of ten than the 90th percentile")} metric="p90_resolution_hours" from={times} rows={(data) => data}
          columns={[
            { title: t("Day"), value: (row) => row.day, show: (row) => nameOf(row.day) }, { title: t("Median"), value: (row) => row.p50, show: (row) => hours(row.p50), number: true },
            { title: t("90th percentile"), value: (row) => row.p90, show: (row) => hours(row.p90), number: true },
          ]}>
          {() => <Chart option={timesOption} label={t("Median and 90th percentile of time to resolve over the period")} />}
        </Panel>
        <Panel span={6} title={t("How long resolution takes")} sub={t("Resolved tickets by time from creation to resolution")} from={dist}
          rows={(data) => data} columns={[
            { title: t("Time"), value: (row) => row.band, show: (row) => bands()[row.band] }, { title: t("Priority"), value: (row) => row.priority, show: (row) => word(row.priority) },
            { title: t("Tickets"), value: (row) => row.tickets, number: true },
          ]}>
          {() => <Chart option={distOption} label={t("Resolved tickets by time to resolve, each bar divided by priority")} />}
        </Panel>
        <Panel span={6} title={t("Age of the backlog over time")} sub={t("What is open at the end of each day, by its age")} metric="backlog" from={open} rows={(data) => data}
          columns={[
            { title: t("Day"), value: (row) => row.day, show: (row) => nameOf(row.day) }, { title: t("Backlog"), value: (row) => row.backlog, number: true },
            { title: t("Over 30 days"), value: (row) => row.age_over_30, number: true },
          ]}>
          {() => <Chart option={ageOption} label={t("The backlog over the period as areas by age")} />}
        </Panel>
        <Ageing filters={filters} />
        <Panel span={6} title={t("SLA by category")} metric="sla_attainment" from={categories} tableOnly rows={(data) => data} first={10}
          columns={slaColumns(t("Category"), (category) => ticketsHref({ created: "period", breached: "true", category }))} />
        <Panel span={6} title={t("SLA by group")} metric="sla_attainment" from={groups} tableOnly rows={(data) => data} first={10}
          columns={slaColumns(t("Group"), (group) => ticketsHref({ created: "period", breached: "true", group }))} />
        <Panel span={6} title={t("Changes")} sub={t("By month of creation and how they ended")} metric="change_success_rate" from={changed} rows={(data) => data}
          columns={[
            { title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: t("Changes"), value: (row) => row.changes, number: true },
            { title: t("Success"), value: (row) => row.success_rate, show: (row) => share(row.success_rate), number: true },
            { title: t("Emergencies"), value: (row) => row.emergency_share, show: (row) => share(row.emergency_share), number: true },
          ]}>
          {() => <Chart option={changeOption} label={t("Changes by month: closed, failed and others")} />}
        </Panel>
        <Panel span={6} title={t("Problems")} sub={t("All, by status and priority, and the tickets that they explain")} metric="open_problems" from={problem} tableOnly rows={(data) => data}
          columns={[
            { title: t("Status"), value: (row) => row.status, show: (row) => word(row.status) }, { title: t("Priority"), value: (row) => row.priority, show: (row) => word(row.priority) },
            { title: t("Problems"), value: (row) => row.problems, number: true }, { title: t("Tickets"), value: (row) => row.tickets, number: true },
          ]} />
      </div>
    </>
  );
}
