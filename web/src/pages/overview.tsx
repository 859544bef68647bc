// The five seconds: is the desk keeping up, keeping its promises, and at what price; and what needs somebody today.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Bars } from "../components/bars";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { Ageing } from "../parts/ageing";
import { Attention } from "../parts/attention";
import { backlog, medians, series, slaBy, totals, type Ageing as AgeingRow, type Flow, type FlowPoint, type Medians, type SlaRow } from "../data/flow";
import { isWhole, satisfactionAndCost, wholeMonths, type Monthly } from "../data/money";
import { t } from "../i18n";
import { useFilters } from "../lib/filters";
import { count, day, month, period as periodText, share } from "../lib/format";
import { grainOf } from "../lib/period";
import { ticketsHref } from "../lib/drill";

export default function Overview() {
  const filters = useFilters(useSpan());
  const { period, previous } = filters;
  const grain = grainOf(period);
  const sums = useRows<Flow & { which: string }>(totals(filters));
  const points = useRows<FlowPoint>(series(filters));
  const open = useRows<AgeingRow>(backlog(filters));
  const before = useRows<AgeingRow>(previous ? backlog({ ...filters, period: { from: previous.to, to: previous.to } }, "day") : null);
  const times = useRows<Medians>(medians(filters));
  const money = useRows<Monthly>(satisfactionAndCost(filters));
  const sla = useRows<SlaRow>(slaBy("category", filters));

  const of = <T extends { which: string }>(rows: T[] | undefined, which: string) => rows?.find((row) => row.which === which);
  const [now, then] = [of(sums.data, "period"), of(sums.data, "previous")];
  const monthly = money.data?.filter((row) => row.which === "month");
  const months = isWhole(period) ? undefined : t("Whole months: {period}", { period: periodText(wholeMonths(period).from, wholeMonths(period).to) });
  const unfiltered = Object.keys(filters.values).length ? t("Of the whole desk: does not follow the filters") : undefined;
  const note = [months, unfiltered].filter(Boolean).join(". ");
  const line = (pick: (point: FlowPoint) => number | null) => points.data?.map(pick);
  const nameOf = grain === "month" ? month : (text: string) => day(text, false);

  const flowOption = useMemo(() => {
    const rows = points.data ?? [];
    const openOn = new Map((open.data ?? []).map((row, index) => [rows[index]?.day, row.backlog]));
    return () => overAxis(rows.map((row) => row.day), [
      { name: t("Created"), values: rows.map((row) => row.created), colour: "chart-1", kind: "bar" },
      { name: t("Resolved"), values: rows.map((row) => row.resolved), colour: "chart-2", kind: "bar" },
      { name: t("Backlog"), values: rows.map((row) => openOn.get(row.day) ?? null), colour: "chart-3", axis: 1 },
    ], { value: count, second: count, name: nameOf });
  }, [points.data, open.data, grain]);
  const slaOption = useMemo(() => {
    const rows = points.data ?? [];
    return () => overAxis(rows.map((row) => row.day), [
      { name: t("Resolution"), values: rows.map((row) => row.sla), colour: "chart-1", kind: "area" },
      { name: t("First response"), values: rows.map((row) => row.response_sla), colour: "chart-2" },
    ], { value: (value) => share(value), axis: (value) => share(value, 0), name: nameOf, from: Math.min(0.5, ...rows.map((row) => Math.min(row.sla ?? 1, row.response_sla ?? 1))) < 0.5 ? 0 : 0.5, max: 1 });
  }, [points.data, grain]);

  return (
    <>
      <div class="kpis">
        <Kpi metric="backlog" value={open.data && (open.data.at(-1)?.backlog ?? 0)} previous={before.data?.at(-1)?.backlog} spark={open.data?.map((row) => row.backlog)}
          error={open.error} href={ticketsHref({ open: "true" })} note={t("At the end of {day}", { day: day(period.to) })} />
        <Kpi metric="created_tickets" value={now?.created} previous={then?.created} spark={line((p) => p.created)} error={sums.error} href={ticketsHref({ created: "period" })} />
        <Kpi metric="resolved_tickets" value={now?.resolved} previous={then?.resolved} spark={line((p) => p.resolved)} error={sums.error} href={ticketsHref({ resolved: "period" })} />
        <Kpi metric="sla_attainment" value={now?.sla} previous={then?.sla} spark={line((p) => p.sla)} error={sums.error} href={ticketsHref({ created: "period", breached: "true" })} />
        <Kpi metric="p50_resolution_hours" value={of(times.data, "period")?.p50_resolution} previous={of(times.data, "previous")?.p50_resolution} spark={line((p) => p.mean_resolution)} error={times.error}
          href={ticketsHref({ resolved: "period", sort: "resolution" })} />
        <Kpi metric="p50_first_response_minutes" value={of(times.data, "period")?.p50_response} previous={of(times.data, "previous")?.p50_response} spark={line((p) => p.mean_response)} error={times.error} />
        <Kpi metric="csat" value={of(money.data, "period")?.csat} previous={of(money.data, "previous")?.csat} spark={monthly?.map((row) => row.csat)} error={money.error} note={note} />
        <Kpi metric="cost_per_ticket" value={of(money.data, "period")?.cost_per_ticket} previous={of(money.data, "previous")?.cost_per_ticket} spark={monthly?.map((row) => row.cost_per_ticket)} error={money.error} note={note} />
      </div>
      <div class="grid">
        <Panel span={8} title={t("Flow and backlog")} sub={{ day: t("By day"), week: t("By week"), month: t("By month") }[grain]} metric="net_flow" from={points}
          rows={(data) => data} columns={[
            { title: t("Day"), value: (row) => row.day, show: (row) => nameOf(row.day) },
            { title: t("Created"), value: (row) => row.created, number: true }, { title: t("Resolved"), value: (row) => row.resolved, number: true },
            { title: t("Net flow"), value: (row) => row.created - row.resolved, number: true },
          ]}>
          {() => <Chart option={flowOption} height={300} label={t("Created and resolved tickets as bars, the backlog as a line, over the period")} />}
        </Panel>
        <Attention filters={filters} series={points.data} />
        <Panel span={6} title={t("SLA attainment over time")} sub={t("By day of creation; the line is what was kept of what was due")} metric="sla_attainment" from={points}
          rows={(data) => data} columns={[
            { title: t("Day"), value: (row) => row.day, show: (row) => nameOf(row.day) },
            { title: t("Resolution"), value: (row) => row.sla, show: (row) => share(row.sla), number: true },
            { title: t("First response"), value: (row) => row.response_sla, show: (row) => share(row.response_sla), number: true },
            { title: t("Breached"), value: (row) => row.breached, number: true },
          ]}>
          {() => <Chart option={slaOption} label={t("SLA attainment of resolution and first response over the period")} />}
        </Panel>
        <Ageing filters={filters} />
        <Panel span={12} title={t("Where targets are missed")} sub={t("Breached tickets created in the period, by category")} metric="breached_tickets" from={sla}
          rows={(data) => data} columns={[
            { title: t("Category"), value: (row) => row.name }, { title: t("Tickets"), value: (row) => row.tickets, number: true },
            { title: t("Breached"), value: (row) => row.breached, number: true },
            { title: t("Attainment"), value: (row) => row.attainment, show: (row) => share(row.attainment), number: true },
          ]}>
          {(rows) => (
            <Bars bars={rows.slice(0, 8).map((row) => ({
              name: row.name, value: row.breached, colour: "priority-critical", text: `${count(row.breached)} · ${share(row.attainment)}`,
              href: ticketsHref({ created: "period", breached: "true", category: row.name }),
            }))} />
          )}
        </Panel>
      </div>
    </>
  );
}
