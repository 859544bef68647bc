// The performance mart: groups and agents. Agents are compared by work of the same kind only with care, so the picture shows volume too.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis, scatter } from "../charts/options";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { agents, groups, performance, performanceMonths, type AgentRow, type GroupRow, type Performance as Sums, type PerformanceMonth } from "../data/marts";
import { t } from "../i18n";
import { ticketsHref } from "../lib/drill";
import { useFilters } from "../lib/filters";
import { count, decimal, hours, minutes, month, share } from "../lib/format";
import { go } from "../lib/location";
import { MonthsNote } from "../parts/months";

/** An agent with fewer is in the table only: a rate of two tickets says nothing. */
const RESOLVED_MIN = 10;
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export default function Performance() {
  const filters = useFilters(useSpan());
  const sums = useRows<Sums>(performance(filters));
  const people = useRows<AgentRow>(agents(filters));
  const teams = useRows<GroupRow>(groups(filters));
  const months = useRows<PerformanceMonth>(performanceMonths(filters));
  const now = sums.data?.find((row) => row.which === "period");
  const then = sums.data?.find((row) => row.which === "previous");
  const byAgent = filters.values.agent ? t("Does not follow the agent") : undefined;
  const byGroup = filters.values.group ? t("Does not follow the group") : undefined;

  const points = useMemo(() => (people.data ?? []).flatMap((row) => row.resolved < RESOLVED_MIN || row.first_contact_rate === null || row.mean_hours === null ? [] : [{
    name: row.name, x: row.mean_hours, y: row.first_contact_rate, size: row.resolved, note: `${t("Resolved")}   ${count(row.resolved)}`,
  }]), [people.data]);
  const agentOption = useMemo(() => () => scatter(points, { name: t("Mean time to resolve"), format: hours }, { name: t("First-contact resolution"), format: (value) => share(value, 0) },
    points.length > 2 ? { x: mean(points.map((point) => point.x)), y: mean(points.map((point) => point.y)) } : undefined), [points]);
  const monthOption = useMemo(() => {
    const rows = months.data ?? [];
    return () => overAxis(rows.map((row) => row.month), [
      { name: t("Resolved"), values: rows.map((row) => row.resolved), colour: "chart-muted", kind: "bar" },
      { name: t("First contact"), values: rows.map((row) => row.first_contact_rate), colour: "chart-1", axis: 1 },
      { name: t("First assignment"), values: rows.map((row) => row.first_assignment_rate), colour: "chart-2", axis: 1 },
    ], { value: count, second: (value) => share(value, 0), name: month });
  }, [months.data]);
  const line = (pick: (row: PerformanceMonth) => number | null) => months.data?.map(pick);

  return (
    <>
      <MonthsNote filters={filters} />
      <div class="kpis">
        <Kpi metric="first_contact_resolution" value={now?.first_contact} previous={then?.first_contact} spark={line((row) => row.first_contact_rate)} error={sums.error} note={byAgent} />
        <Kpi metric="first_assignment_resolution" value={now?.first_assignment} previous={then?.first_assignment} spark={line((row) => row.first_assignment_rate)} error={sums.error} note={byAgent} />
        <Kpi metric="handoffs_per_ticket" value={now?.handoffs} previous={then?.handoffs} error={sums.error} note={byAgent} />
        <Kpi metric="utilisation" value={now?.utilisation} previous={then?.utilisation} error={sums.error} note={byGroup} />
        <Kpi metric="handling_minutes_per_ticket" value={now?.minutes_per_resolved} previous={then?.minutes_per_resolved} error={sums.error} note={byGroup} />
        <Kpi metric="logged_hours" value={now?.logged_hours} previous={then?.logged_hours} error={sums.error} note={byGroup} />
      </div>
      <div class="grid">
        <Panel span={7} title={t("Agents: speed and first contact")} sub={t("Each circle is an agent, its size the tickets resolved; the lines are the means. Those with fewer than 10 are in the table")} metric="first_contact_resolution" from={people} rows={(data) => data}
          columns={[
            { title: t("Agent"), value: (row) => row.name }, { title: t("Resolved"), value: (row) => row.resolved, number: true },
            { title: t("First contact"), value: (row) => row.first_contact_rate, show: (row) => share(row.first_contact_rate), number: true },
            { title: t("Mean time to resolve"), value: (row) => row.mean_hours, show: (row) => hours(row.mean_hours), number: true },
          ]}>
          {() => <Chart option={agentOption} height={340} label={t("Agents by mean time to resolve and first-contact resolution")}
            onMark={(mark) => go(ticketsHref({ resolved: "period", agent: points[mark.dataIndex]?.name, sort: "resolution" }))} />}
        </Panel>
        <Panel span={5} title={t("Month by month")} sub={t("Resolved tickets, and the share that needed nobody else")} metric="first_assignment_resolution" from={months} rows={(data) => data}
          columns={[
            { title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: t("Resolved"), value: (row) => row.resolved, number: true },
            { title: t("First contact"), value: (row) => row.first_contact_rate, show: (row) => share(row.first_contact_rate), number: true },
            { title: t("First assignment"), value: (row) => row.first_assignment_rate, show: (row) => share(row.first_assignment_rate), number: true },
          ]}>
          {() => <Chart option={monthOption} height={340} label={t("Resolved tickets by month with first-contact and first-assignment resolution")} />}
        </Panel>
        <Panel span={12} title={t("Agents")} sub={t("Breaches count for who held the ticket when its time ran out")} metric="breaches_by_holder" from={people} tableOnly rows={(data) => data}
          columns={[
            { title: t("Agent"), value: (row) => row.name, show: (row) => <a href={ticketsHref({ resolved: "period", agent: row.name })}>{row.name}</a> },
            { title: t("Resolved"), value: (row) => row.resolved, show: (row) => count(row.resolved), number: true },
            { title: t("First contact"), value: (row) => row.first_contact_rate, show: (row) => share(row.first_contact_rate), number: true },
            { title: t("Handoffs"), value: (row) => row.handoffs, number: true }, { title: t("Reopened"), value: (row) => row.reopened, number: true },
            { title: t("Mean time to resolve"), value: (row) => row.mean_hours, show: (row) => hours(row.mean_hours), number: true },
            { title: t("Handling per ticket"), value: (row) => row.minutes_per_resolved, show: (row) => minutes(row.minutes_per_resolved), number: true },
            { title: t("Utilisation"), value: (row) => row.utilisation, show: (row) => share(row.utilisation), number: true },
            { title: t("Breached"), value: (row) => row.breached, number: true },
          ]} />
        <Panel span={12} title={t("Groups")} metric="first_contact_resolution" from={teams} tableOnly rows={(data) => data}
          columns={[
            { title: t("Group"), value: (row) => row.name, show: (row) => <a href={ticketsHref({ resolved: "period", group: row.name })}>{row.name}</a> },
            { title: t("Resolved"), value: (row) => row.resolved, show: (row) => count(row.resolved), number: true },
            { title: t("First contact"), value: (row) => row.first_contact_rate, show: (row) => share(row.first_contact_rate), number: true },
            { title: t("SLA"), value: (row) => row.attainment, show: (row) => share(row.attainment), number: true },
            { title: t("Breached"), value: (row) => row.breached, number: true },
            { title: t("Handoffs per ticket"), value: (row) => row.handoffs, show: (row) => decimal(row.handoffs, 2), number: true },
          ]} />
      </div>
    </>
  );
}
