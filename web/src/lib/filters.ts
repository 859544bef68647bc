// The filters of the address bar as values, and back. One reader, so that every page understands a link in the same way.
import { change, here, useLocation } from "./location";
import { DEFAULT_PRESET, PRESETS, isDay, presetPeriod, previousPeriod, type Period, type Preset } from "./period";

export const DIMENSIONS = ["priority", "category", "group", "agent", "department", "segment"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Filters {
  preset: Preset | "custom";
  period: Period;
  /** Undefined: no comparison is wanted. */
  previous: Period | undefined;
  values: Partial<Record<Dimension, string[]>>;
}

/** What the warehouse knows about time: its day, the first day with a ticket, and its instant. */
export interface Span {
  today: string;
  first: string;
  /** The instant that the warehouse speaks for. */
  now: string;
}

export function readFilters(params: URLSearchParams, span: Span): Filters {
  const from = params.get("from");
  const to = params.get("to");
  const wanted = params.get("period");
  const known = PRESETS.find((preset) => preset === wanted);
  const custom = isDay(from) && isDay(to) && from <= to;
  const period = custom ? { from, to } : presetPeriod(known ?? DEFAULT_PRESET, span.today, span.first);
  const values: Filters["values"] = {};
  for (const dimension of DIMENSIONS) {
    const chosen = params.getAll(dimension).flatMap((text) => text.split("|")).filter((text) => text !== "");
    if (chosen.length) values[dimension] = chosen;
  }
  return {
    preset: custom ? "custom" : (known ?? DEFAULT_PRESET),
    period,
    previous: params.get("compare") === "none" ? undefined : previousPeriod(period),
    values,
  };
}

export const useFilters = (span: Span): Filters => readFilters(useLocation().params, span);

export function setPreset(preset: Preset): void {
  change({ period: preset === DEFAULT_PRESET ? undefined : preset, from: undefined, to: undefined });
}
export function setCustom(period: Period): void {
  change({ period: undefined, from: period.from, to: period.to });
}
export function setCompare(on: boolean): void {
  change({ compare: on ? undefined : "none" });
}
export function setValues(dimension: Dimension, values: string[]): void {
  change({ [dimension]: values.length ? values.join("|") : undefined });
}
export function clearValues(): void {
  change(Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, undefined])));
}
export const hasValues = () => DIMENSIONS.some((dimension) => here().params.has(dimension));
