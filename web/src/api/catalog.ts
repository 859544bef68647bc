// What the dashboard must know before its first number: the metrics' definitions, the warehouse's day, and what can be filtered.
import { language } from "../i18n";
import type { Dimension, Span } from "../lib/filters";
import { store, useStore } from "../lib/store";
import { getJson } from "./client";
import { rowsOf } from "./query";
import { useData, type Loaded } from "./use";

/** A metric as models/metrics.toml defines it. */
export interface Metric {
  name: string;
  title: { en: string; ko: string };
  formula: string;
  filters: string;
  unit: string;
  good: "up" | "down" | "none";
  from: string;
  mart: string;
  dimensions: string[];
}

const metrics = store<ReadonlyMap<string, Metric>>(new Map());
const span = store<Span>({ today: new Date().toISOString().slice(0, 10), first: "1970-01-01", now: new Date().toISOString() });

export const metricOf = (name: string) => metrics.get().get(name);
export const allMetrics = () => [...metrics.get().values()];
export const titleOf = (metric: Metric) => metric.title[language.get()] || metric.title.en;
export const useSpan = () => useStore(span);
export const setSpan = (value: Span) => span.set(value);

export async function loadMetrics(): Promise<void> {
  const { items } = await getJson<{ items: Metric[] }>("/api/v1/metrics");
  metrics.set(new Map(items.map((metric) => [metric.name, metric])));
}

const OPTIONS: Record<Dimension, string> = {
  priority: "select name from core.dim_priority where priority_key > 0 order by rank desc",
  category: "select distinct category from core.category_counts order by 1",
  group: "select distinct group_name from core.group_names order by 1",
  agent: "select distinct name from core.dim_agent where is_current and not is_deleted and agent_key <> 0 order by 1",
  department: "select distinct department from core.department_names order by 1",
  // All that there can be (core.customer_segments): to look which there are is to look at every requester.
  segment: "select * from (values ('At Risk'), ('Dormant'), ('Heavy'), ('Inactive'), ('New'), ('Regular'), ('VIP'))",
};
/** What a dimension can be filtered by. */
export function useOptions(dimension: Dimension): Loaded<string[]> {
  return useData(`options ${dimension}`, async () => {
    const rows = await rowsOf<Record<string, string>>({ sql: OPTIONS[dimension], params: [] });
    return rows.map((row) => Object.values(row)[0] ?? "").filter((value) => value !== "");
  });
}
