// The backlog by age and priority: old and urgent is what hurts.
import { useMemo } from "preact/hooks";
import { useRows } from "../api/query";
import { Chart } from "../charts/chart";
import { overAxis } from "../charts/options";
import { Panel } from "../components/panel";
import { backlogByPriority, type BacklogByPriority } from "../data/flow";
import { t } from "../i18n";
import type { Filters } from "../lib/filters";
import { count, day } from "../lib/format";
import { ticketsHref } from "../lib/drill";
import { go } from "../lib/location";
import { PRIORITIES, priorityColour, word } from "../lib/words";

const BANDS = ["age_0_1", "age_2_7", "age_8_30", "age_over_30"] as const;

export function Ageing({ filters, span = 6 }: { filters: Filters; span?: 6 | 12 }) {
  const rows = useRows<BacklogByPriority>(backlogByPriority(filters));
  const option = useMemo(() => {
    const data = rows.data ?? [];
    return () => overAxis([t("0–1 days"), t("2–7 days"), t("8–30 days"), t("Over 30 days")], PRIORITIES.map((priority) => ({
      name: word(priority), colour: priorityColour(priority), kind: "bar" as const, stack: "all",
      values: BANDS.map((band) => data.find((row) => row.priority === priority)?.[band] ?? 0),
    })), { value: count });
  }, [rows.data]);
  return (
    <Panel span={span} title={t("Backlog by age")} sub={t("Open at the end of {day}", { day: day(filters.period.to) })} metric="backlog_over_30_days" from={rows}
      rows={(data) => PRIORITIES.flatMap((priority) => data.filter((row) => row.priority === priority))}
      columns={[
        { title: t("Priority"), value: (row) => row.priority, show: (row) => word(row.priority) },
        { title: t("0–1 days"), value: (row) => row.age_0_1, number: true }, { title: t("2–7 days"), value: (row) => row.age_2_7, number: true },
        { title: t("8–30 days"), value: (row) => row.age_8_30, number: true }, { title: t("Over 30 days"), value: (row) => row.age_over_30, number: true },
        { title: t("Backlog"), value: (row) => row.backlog, number: true },
      ]}>
      {() => <Chart option={option} label={t("Open tickets by age, each bar divided by priority")}
        onMark={(mark) => go(ticketsHref({ open: "true", sort: "age", priority: PRIORITIES.find((priority) => word(priority) === mark.seriesName) }))} />}
    </Panel>
  );
}
