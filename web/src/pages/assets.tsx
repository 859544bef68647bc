// The asset mart: what there is and what it is worth, whose warranty ends, and what fails.
import { useMemo } from "preact/hooks";
import { useSpan } from "../api/catalog";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Kpi } from "../components/kpi";
import { Panel } from "../components/panel";
import { assetStates, assetTotals, unreliable, valueByMonth, warranties, type AssetState, type AssetTotals, type Reliability, type ValueMonth, type Warranty } from "../data/value";
import { t } from "../i18n";
import { useFilters } from "../lib/filters";
import { compact, count, decimal, money, month } from "../lib/format";

const COLOURS = ["chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6"];

export default function Assets() {
  const filters = useFilters(useSpan());
  const totals = useRows<AssetTotals>(assetTotals());
  const states = useRows<AssetState>(assetStates());
  const values = useRows<ValueMonth>(valueByMonth(filters));
  const ending = useRows<Warranty>(warranties());
  const failing = useRows<Reliability>(unreliable());
  const now = totals.data?.[0];

  const months = useMemo(() => [...new Set((values.data ?? []).map((row) => row.month))], [values.data]);
  const types = useMemo(() => {
    const worth = new Map<string, number>();
    for (const row of values.data ?? []) worth.set(row.asset_type, Math.max(worth.get(row.asset_type) ?? 0, row.book_value ?? 0));
    return [...worth.entries()].sort((a, b) => b[1] - a[1]).map(([type]) => type).slice(0, 6);
  }, [values.data]);
  const valueOption = useMemo(() => {
    const at = new Map((values.data ?? []).map((row) => [`${row.month} ${row.asset_type}`, row.book_value]));
    return () => overAxis(months, types.map((type, index) => ({
      name: type, kind: "area" as const, stack: "all", colour: COLOURS[index] ?? "chart-6", values: months.map((one) => at.get(`${one} ${type}`) ?? 0),
    })), { value: money, axis: compact, name: month });
  }, [values.data, months, types]);
  const stateOption = useMemo(() => {
    const rows = states.data ?? [];
    const kinds = [...new Set(rows.map((row) => row.asset_type))];
    const all = [...new Set(rows.map((row) => row.state))];
    return () => overAxis(kinds, all.map((state, index) => ({
      name: state, kind: "bar" as const, stack: "all", colour: COLOURS[index % COLOURS.length] ?? "chart-6",
      values: kinds.map((kind) => rows.find((row) => row.asset_type === kind && row.state === state)?.assets ?? 0),
    })), { value: count });
  }, [states.data]);
  const warrantyOption = useMemo(() => {
    const rows = ending.data ?? [];
    return () => overAxis(rows.map((row) => row.asset_type), [
      { name: t("Within 30 days"), values: rows.map((row) => row.within_30_days), colour: "priority-critical", kind: "bar", stack: "all" },
      { name: t("31–60 days"), values: rows.map((row) => row.within_60_days - row.within_30_days), colour: "priority-high", kind: "bar", stack: "all" },
      { name: t("61–90 days"), values: rows.map((row) => row.within_90_days - row.within_60_days), colour: "priority-medium", kind: "bar", stack: "all" },
    ], { value: count });
  }, [ending.data]);

  return (
    <>
      <div class="kpis">
        <Kpi metric="assets" value={now?.assets} error={totals.error} note={t("Today")} />
        <Kpi metric="asset_book_value" value={now?.book_value} error={totals.error} note={t("At the end of this month")} />
        <Kpi metric="assets_past_end_of_life" value={now?.past_life} error={totals.error} note={t("Today")} />
        <Kpi metric="warranty_expiring_30_days" value={now?.in_30_days} error={totals.error} note={t("{n} within 90 days", { n: count(now?.in_90_days) })} />
        <Kpi metric="incidents_per_asset" value={now?.incidents_per_asset} error={totals.error} note={t("All time")} />
        <Kpi metric="mtbf_days" value={now?.mtbf} error={totals.error} note={t("All time")} />
        <Kpi metric="total_cost_of_ownership" value={now?.tco} error={totals.error} note={t("All time")} />
      </div>
      <div class="grid">
        <Panel span={8} title={t("Book value and its depreciation")} sub={t("36 months up to the end of the period, by type")} metric="asset_book_value" from={values} rows={(data) => data}
          columns={[
            { title: t("Month"), value: (row) => row.month, show: (row) => month(row.month) }, { title: t("Type"), value: (row) => row.asset_type },
            { title: t("Book value"), value: (row) => row.book_value, show: (row) => money(row.book_value), number: true },
            { title: t("Accumulated depreciation"), value: (row) => row.accumulated, show: (row) => money(row.accumulated), number: true },
            { title: t("Incidents"), value: (row) => row.incidents, number: true },
          ]}>
          {() => <Chart option={valueOption} height={320} label={t("Book value of the assets by month and type")} />}
        </Panel>
        <Panel span={4} title={t("Warranties that end")} sub={t("Within 90 days from today")} metric="warranty_expiring_90_days" from={ending} rows={(data) => data}
          columns={[
            { title: t("Type"), value: (row) => row.asset_type }, { title: t("30 days"), value: (row) => row.within_30_days, number: true }, { title: t("60 days"), value: (row) => row.within_60_days, number: true },
            { title: t("90 days"), value: (row) => row.within_90_days, number: true }, { title: t("Ended"), value: (row) => row.expired, number: true },
          ]}>
          {() => <Chart option={warrantyOption} height={320} label={t("Warranties that end within 90 days, by type")} />}
        </Panel>
        <Panel span={6} title={t("Assets by type and state")} metric="assets" from={states} rows={(data) => data}
          columns={[
            { title: t("Type"), value: (row) => row.asset_type }, { title: t("State"), value: (row) => row.state }, { title: t("Assets"), value: (row) => row.assets, number: true },
            { title: t("Book value"), value: (row) => row.book_value, show: (row) => money(row.book_value), number: true }, { title: t("Past their life"), value: (row) => row.past_end_of_life, number: true },
          ]}>
          {() => <Chart option={stateOption} label={t("Assets by type, each bar divided by state")} />}
        </Panel>
        <Panel span={6} title={t("What fails most")} sub={t("Tickets about each asset, mean days between them, and what it costs in all")} metric="mtbf_days" from={failing} tableOnly rows={(data) => data} first={8}
          columns={[
            { title: t("Asset"), value: (row) => row.name }, { title: t("Type"), value: (row) => row.asset_type }, { title: t("Incidents"), value: (row) => row.incidents, number: true },
            { title: t("MTBF, days"), value: (row) => row.mtbf_days, show: (row) => decimal(row.mtbf_days, 0), number: true },
            { title: t("Total cost"), value: (row) => row.tco, show: (row) => money(row.tco), number: true },
          ]} />
      </div>
    </>
  );
}
