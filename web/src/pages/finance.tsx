// The financial mart: what a ticket costs and why, who is charged, what breaches and ageing assets cost.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis, waterfall } from "../charts/options";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { categoryCosts, chargeback, costMonths, depreciation, finance, initiatives, type CategoryCost, type Charge, type CostMonth, type Depreciation, type Finance as Sums, type Initiative } from "../data/value";
import { t } from "../i18n";
import { ticketsHref } from "../lib/drill";
import { useFilters } from "../lib/filters";
import { compact, count, decimal, money, month, share } from "../lib/format";
import { MonthsNote } from "../parts/months";

export default function Finance() {
  const filters = useFilters(useSpan());
  const sums = useRows<Sums>(finance(filters));
  const months = useRows<CostMonth>(costMonths(filters));
  const charges = useRows<Charge>(chargeback(filters));
  const categories = useRows<CategoryCost>(categoryCosts());
  const lost = useRows<Depreciation>(depreciation(filters));
  const plans = useRows<Initiative>(initiatives());
  const now = sums.data?.find((row) => row.which === "period");
  const then = sums.data?.find((row) => row.which === "previous");
  const unfiltered = filters.values.department ? t("Of the whole desk: does not follow the filters") : undefined;
  const charged = charges.data?.reduce((sum, row) => sum + row.charge, 0);
  const line = (pick: (row: CostMonth) => number | null) => months.data?.map(pick);

  const steps = useMemo(() => [
    { name: t("Labour"), value: now?.labour ?? 0 }, { name: t("Overhead"), value: now?.overhead ?? 0 },
    { name: t("Cost of the desk"), value: now?.total_cost ?? 0, total: true },
    { name: t("Breach penalties"), value: now?.penalties ?? 0 }, { name: t("Asset depreciation"), value: now?.depreciation ?? 0 },
    { name: t("All together"), value: (now?.total_cost ?? 0) + (now?.penalties ?? 0) + (now?.depreciation ?? 0), total: true },
  ], [sums.data]);
  const waterfallOption = useMemo(() => () => waterfall(steps, money), [steps]);
  const monthOption = useMemo(() => {
    const rows = months.data ?? [];
    return () => overAxis(rows.map((row) => row.month), [
      { name: t("Labour"), values: rows.map((row) => row.labour), colour: "chart-1", kind: "bar", stack: "all" },
      { name: t("Overhead"), values: rows.map((row) => row.overhead), colour: "chart-muted", kind: "bar", stack: "all" },
      { name: t("Per resolved ticket"), values: rows.map((row) => row.cost_per_ticket), colour: "chart-3", axis: 1 },
    ], { value: money, axis: compact, second: money, name: month });
  }, [months.data]);
  const lostOption = useMemo(() => {
    const rows = lost.data ?? [];
    const all = [...new Set(rows.map((row) => row.month))];
    return () => overAxis(all, [{ name: t("Depreciation"), values: all.map((one) => rows.reduce((sum, row) => sum + (row.month === one ? row.depreciation : 0), 0)), colour: "chart-4", kind: "bar" }], { value: money, axis: compact, name: month });
  }, [lost.data]);

  return (
    <>
      <MonthsNote filters={filters} />
      <div class="kpis">
        <Kpi metric="cost_per_ticket" value={now?.cost_per_ticket} previous={then?.cost_per_ticket} spark={line((row) => row.cost_per_ticket)} error={sums.error} note={unfiltered} />
        <Kpi metric="chargeback" value={charges.data && charged} error={charges.error} />
        <Kpi metric="breach_penalties" value={now?.penalties} previous={then?.penalties} error={sums.error} note={unfiltered} href={ticketsHref({ created: "period", breached: "true" })} />
        <Kpi metric="asset_depreciation" value={now?.depreciation} previous={then?.depreciation} error={sums.error} note={unfiltered} />
      </div>
      <div class="grid">
        <Panel span={6} title={t("Where the cost comes from")} sub={t("Step by step to what the period cost")} metric="cost_per_ticket" from={sums} rows={() => steps}
          columns={[{ title: t("Step"), value: (row) => row.name }, { title: t("Amount"), value: (row) => row.value, show: (row) => money(row.value), number: true }]}>
          {() => <Chart option={waterfallOption} height={320} label={t("Labour, overhead, penalties and depreciation, added up")} />}
        </Panel>
        <Panel span={6} title={t("Cost by month")} sub={t("Labour and overhead, and what each resolved ticket cost")} metric="cost_per_ticket" from={months} rows={(data) => data}
          columns={[
            { title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: t("Labour"), value: (row) => row.labour, show: (row) => money(row.labour), number: true },
            { title: t("Overhead"), value: (row) => row.overhead, show: (row) => money(row.overhead), number: true }, { title: t("Resolved"), value: (row) => row.resolved, number: true },
            { title: t("Per resolved ticket"), value: (row) => row.cost_per_ticket, show: (row) => money(row.cost_per_ticket), number: true },
          ]}>
          {() => <Chart option={monthOption} height={320} label={t("Labour and overhead by month, and the cost of each resolved ticket")} />}
        </Panel>
        <Panel span={7} title={t("Chargeback by department")} sub={t("The work on its tickets and its share of the overhead")} metric="chargeback" from={charges} tableOnly rows={(data) => data}
          columns={[
            { title: t("Department"), value: (row) => row.department, show: (row) => <a href={ticketsHref({ created: "period", department: row.department })}>{row.department}</a> },
            { title: t("Cost centre"), value: (row) => row.cost_center }, { title: t("Tickets"), value: (row) => row.tickets, show: (row) => count(row.tickets), number: true },
            { title: t("Hours"), value: (row) => row.hours, show: (row) => decimal(row.hours, 0), number: true }, { title: t("Labour"), value: (row) => row.labour, show: (row) => money(row.labour), number: true },
            { title: t("Overhead"), value: (row) => row.overhead, show: (row) => money(row.overhead), number: true }, { title: t("Charge"), value: (row) => row.charge, show: (row) => money(row.charge), number: true },
          ]} />
        <Panel span={5} title={t("Labour by category")} sub={t("All time")} metric="labour_cost" from={categories} tableOnly rows={(data) => data}
          columns={[
            { title: t("Category"), value: (row) => row.category, show: (row) => <a href={ticketsHref({ category: row.category })}>{row.category}</a> },
            { title: t("Resolved"), value: (row) => row.resolved, show: (row) => count(row.resolved), number: true }, { title: t("Labour"), value: (row) => row.labour, show: (row) => money(row.labour), number: true },
            { title: t("Per resolved ticket"), value: (row) => row.per_resolved, show: (row) => money(row.per_resolved), number: true },
          ]} />
        <Panel span={6} title={t("Asset depreciation")} sub={t("Book value lost in each month")} metric="asset_depreciation" from={lost} rows={(data) => data}
          columns={[{ title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: t("Type"), value: (row) => row.asset_type }, { title: t("Depreciation"), value: (row) => row.depreciation, show: (row) => money(row.depreciation), number: true }]}>
          {() => <Chart option={lostOption} label={t("Depreciation by month")} />}
        </Panel>
        <Panel span={6} title={t("Return on initiatives")} sub={t("As declared in deskhouse.toml")} metric="initiative_roi" from={plans} tableOnly rows={(data) => data} empty={t("deskhouse.toml declares none: see finance.initiatives in the documentation of the configuration.")}
          columns={[
            { title: t("Initiative"), value: (row) => row.name }, { title: t("Cost"), value: (row) => row.cost, show: (row) => money(row.cost), number: true },
            { title: t("Benefit"), value: (row) => row.benefit, show: (row) => money(row.benefit), number: true }, { title: "ROI", value: (row) => row.roi, show: (row) => share(row.roi, 0), number: true },
          ]} />
      </div>
    </>
  );
}
