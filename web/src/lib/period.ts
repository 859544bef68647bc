// The period that a page shows, and the one it is compared with. Days are days of the reporting time zone, as 'YYYY-MM-DD', both ends included.
// "Today" is the warehouse's day (core.today), not the browser's: a warehouse loaded last night speaks for last night.

export interface Period {
  from: string;
  to: string;
}

export const PRESETS = ["7d", "28d", "13w", "month", "quarter", "12m", "all"] as const;
export type Preset = (typeof PRESETS)[number];
export const DEFAULT_PRESET: Preset = "13w";

const DAY_MS = 86_400_000;
const toMs = (day: string) => Date.parse(`${day}T00:00:00Z`);
const toDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export const addDays = (day: string, days: number) => toDay(toMs(day) + days * DAY_MS);
/** Days in the period, both ends included. */
export const lengthDays = (period: Period) => Math.round((toMs(period.to) - toMs(period.from)) / DAY_MS) + 1;

export function addMonths(day: string, months: number): string {
  const date = new Date(toMs(day));
  return toDay(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}
export const monthOf = (day: string) => `${day.slice(0, 7)}-01`;
export const isDay = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(toMs(text)) && toDay(toMs(text)) === text;

/** The days of a preset as of `today`, whole weeks where it is days, so that each has as many Mondays; 'month' and 'quarter' are the last whole ones. `first` is the first day with data. */
export function presetPeriod(preset: Preset, today: string, first: string): Period {
  const yesterday = addDays(today, -1);
  switch (preset) {
    case "7d":
      return { from: addDays(today, -7), to: yesterday };
    case "28d":
      return { from: addDays(today, -28), to: yesterday };
    case "13w":
      return { from: addDays(today, -91), to: yesterday };
    case "month":
      return { from: addMonths(today, -1), to: addDays(monthOf(today), -1) };
    case "quarter": {
      const month = Number(today.slice(5, 7)) - 1;
      const begin = addMonths(today, -(month % 3) - 3);
      return { from: begin, to: addDays(addMonths(begin, 3), -1) };
    }
    case "12m":
      return { from: addMonths(today, -12), to: addDays(monthOf(today), -1) };
    case "all":
      return { from: first, to: today };
  }
}

const isWholeMonths = (period: Period) => period.from.endsWith("-01") && addDays(period.to, 1).endsWith("-01");

/** The period of the same length just before; whole months are compared with as many whole months. */
export function previousPeriod(period: Period): Period {
  if (isWholeMonths(period)) {
    const months =
      (Number(period.to.slice(0, 4)) - Number(period.from.slice(0, 4))) * 12 +
      Number(period.to.slice(5, 7)) - Number(period.from.slice(5, 7)) + 1;
    return { from: addMonths(period.from, -months), to: addDays(period.from, -1) };
  }
  return { from: addDays(period.from, -lengthDays(period)), to: addDays(period.from, -1) };
}

/** How fine a line over the period is: a point needs some pixels, and a reader some calm. */
export function grainOf(period: Period): "day" | "week" | "month" {
  const days = lengthDays(period);
  return days <= 45 ? "day" : days <= 200 ? "week" : "month";
}
