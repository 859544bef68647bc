// What is wrong with the data: each check, each record that it names, and what was changed on the way in.
import { useMemo } from "preact/hooks";
import { useRows } from "../api/query";
import { useWarehouse } from "../api/warehouse";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Panel } from "../components/panel";
import { VIOLATIONS_MAX, checks, repairs, violationRuns, violations, type Check, type Repair, type Violation, type ViolationRun } from "../data/runs";
import { t } from "../i18n";
import { ticketHref } from "../lib/drill";
import { count, dateTime, seconds } from "../lib/format";
import { href, useLocation } from "../lib/location";

function StatusBadge({ check }: { check: Check }) {
  if (check.error) return <span class="badge bad">{t("could not run")}</span>;
  if (check.violations === 0) return <span class="badge good">{t("passed")}</span>;
  return <span class={`badge ${check.severity === "fail" ? "bad" : "warn"}`}>{t("violated")}</span>;
}

export default function Quality() {
  const { params } = useLocation();
  const warehouse = useWarehouse().data;
  const results = useRows<Check>(checks());
  const history = useRows<ViolationRun>(violationRuns());
  const changed = useRows<Repair>(repairs());
  const named = params.get("check") ?? results.data?.find((check) => check.violations > 0)?.check_name ?? null;
  const records = useRows<Violation>(named === null ? null : violations(named));
  const violated = results.data?.filter((check) => check.violations > 0).length;
  const failed = results.data?.filter((check) => check.error !== null || (check.severity === "fail" && check.violations > 0)).length;
  const score = warehouse?.quality.score;

  const option = useMemo(() => {
    const rows = history.data ?? [];
    return () => overAxis(rows.map((row) => String(row.run_id)), [
      { name: t("Violations"), values: rows.map((row) => row.violations), colour: "chart-3", kind: "bar" },
      { name: t("Quarantined"), values: rows.map((row) => row.quarantined), colour: "priority-critical", kind: "bar" },
    ], { value: count, name: (run) => t("Run {n}", { n: run }) });
  }, [history.data]);
  const card = (title: string, value: string, note: string) => (
    <article class="kpi" aria-label={title}>
      <div class="kpi-head"><h2 class="kpi-title">{title}</h2></div>
      <div class="kpi-value">{value}</div>
      <div class="kpi-note">{note}</div>
    </article>
  );
  return (
    <>
      <div class="kpis">
        {card(t("Quality"), score == null ? "–" : `${(Math.floor(score * 10_000) / 100).toFixed(2)} %`, warehouse ? t("{good} of {all} loaded records have no violation of a check", { good: count(warehouse.quality.clean), all: count(warehouse.quality.records) }) : "")}
        {card(t("Checks"), count(results.data?.length), t("as each last ran"))}
        {card(t("Violated"), count(violated), t("checks that name at least one record"))}
        {card(t("Failed"), count(failed), t("checks that stop a run, or could not run"))}
      </div>
      <div class="grid">
        <Panel span={7} title={t("Checks")} sub={t("Violations stand until their record is loaded again; choose a check to see them")} from={results} tableOnly rows={(data) => data} first={14}
          columns={[
            { title: t("Check"), value: (row) => row.check_name, show: (row) => row.violations > 0 ? <a href={href("/quality", { check: row.check_name })} aria-current={row.check_name === named}>{row.check_name}</a> : row.check_name },
            { title: t("Result"), value: (row) => row.violations, show: (row) => <StatusBadge check={row} /> },
            { title: t("Severity"), value: (row) => row.severity },
            { title: t("Violations"), value: (row) => row.violations, show: (row) => count(row.violations), number: true },
            { title: t("Found last"), value: (row) => row.found, show: (row) => count(row.found), number: true },
            { title: t("Time"), value: (row) => row.seconds, show: (row) => seconds(row.seconds), number: true },
          ]} />
        <div class="column span-5">
          <Panel span={12} title={t("Run by run")} sub={t("Violations found and records set apart")} from={history} rows={(data) => data}
            columns={[
              { title: t("Run"), value: (row) => row.run_id, number: true }, { title: t("Started"), value: (row) => row.started_at, show: (row) => dateTime(row.started_at) },
              { title: t("Violations"), value: (row) => row.violations, number: true }, { title: t("Quarantined"), value: (row) => row.quarantined, number: true },
            ]}>
            {() => <Chart option={option} height={230} label={t("Violations and quarantined records, run by run")} />}
          </Panel>
          <Panel span={12} title={t("Changed on the way in")} sub={t("A default is not a silent repair: each is counted")} from={changed} tableOnly rows={(data) => data} first={8}
            columns={[
              { title: t("Field"), value: (row) => `${row.entity}.${row.field}` }, { title: t("Default"), value: (row) => row.defaulted, show: (row) => count(row.defaulted), number: true },
              { title: t("Emptied"), value: (row) => row.nulled, show: (row) => count(row.nulled), number: true }, { title: t("Converted"), value: (row) => row.converted, show: (row) => count(row.converted), number: true },
              { title: t("Discarded"), value: (row) => row.discarded, show: (row) => count(row.discarded), number: true },
            ]} />
        </div>
        {named !== null && (
          <Panel span={12} title={t("Records that violate {check}", { check: named })} from={records} tableOnly rows={(data) => data} first={25}
            sub={records.data?.length === VIOLATIONS_MAX ? t("The first {n}; all are in meta.violations", { n: VIOLATIONS_MAX }) : undefined}
            columns={[
              { title: t("Entity"), value: (row) => row.entity },
              { title: t("Record"), value: (row) => row.id, show: (row) => row.source && row.id ? <a class="mono" href={ticketHref(row.source, row.id)}>{row.id}</a> : <span class="mono">{row.id ?? "–"}</span> },
              { title: t("Field"), value: (row) => row.field }, { title: t("Value"), value: (row) => row.value, wrap: true }, { title: t("Message"), value: (row) => row.message, wrap: true },
            ]} />
        )}
      </div>
    </>
  );
}
