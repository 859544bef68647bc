// Numbers, times and units as people read them. A missing number is a dash, never a zero.
import { language, t } from "../i18n";

export type Unit = string;
const NONE = "–";
const locale = () => (language.get() === "ko" ? "ko-KR" : "en-GB");
const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale(), options)));
  return format;
}
const fixed = (value: number, digits: number) =>
  numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

export const count = (value: number | null | undefined) =>
  value == null ? NONE : numberFormat({ maximumFractionDigits: 0 }).format(value);
export const decimal = (value: number | null | undefined, digits = 1) => (value == null ? NONE : fixed(value, digits));
export const share = (value: number | null | undefined, digits = 1) => (value == null ? NONE : `${fixed(value * 100, digits)} %`);
/** Money in the reporting currency, whose name the warehouse does not know. */
export const money = (value: number | null | undefined) =>
  value == null ? NONE : Math.abs(value) >= 1000 ? fixed(value, 0) : fixed(value, 2);
export const compact = (value: number | null | undefined) =>
  value == null ? NONE : numberFormat({ notation: "compact", maximumFractionDigits: 1 }).format(value);

export function hours(value: number | null | undefined): string {
  if (value == null) return NONE;
  const size = Math.abs(value);
  if (size < 1) return `${fixed(value * 60, 0)} ${t("min")}`;
  if (size >= 1000) return `${fixed(value, 0)} ${t("h")}`; // a sum of work, which is counted in hours
  if (size < 48) return `${fixed(value, 1)} ${t("h")}`;
  return `${fixed(value / 24, 1)} ${t("d")}`;
}
export const minutes = (value: number | null | undefined) =>
  value == null ? NONE : Math.abs(value) < 90 ? `${fixed(value, value < 10 ? 1 : 0)} ${t("min")}` : hours(value / 60);
export function seconds(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value < 0.001) return `<1 ms`;
  if (value < 1) return `${fixed(value * 1000, 0)} ms`;
  return value < 120 ? `${fixed(value, value < 10 ? 2 : 1)} s` : minutes(value / 60);
}
export function bytes(value: number | null | undefined): string {
  if (value == null) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${fixed(size, unit === 0 || size >= 100 ? 0 : 1)} ${units[unit]}`;
}

/** A metric's value in its unit, as models/metrics.toml names units. */
export function inUnit(value: number | null | undefined, unit: Unit): string {
  if (value == null) return NONE;
  switch (unit) {
    case "share":
      return share(value);
    case "hours":
      return hours(value);
    case "minutes":
      return minutes(value);
    case "days":
      return `${fixed(value, value < 100 ? 1 : 0)} ${t("d")}`;
    case "money":
      return money(value);
    case "points":
      return fixed(value, 0);
    case "handoffs":
      return fixed(value, 2);
    default:
      return Number.isInteger(value) ? count(value) : fixed(value, 2);
  }
}

/** How much a metric moved, in words: points of a share, per cent of everything else. What shows as nothing has no direction: ±0. */
export function difference(value: number, before: number, unit: Unit): string {
  const moved = value - before;
  const text = unit === "share" ? `${fixed(Math.abs(moved) * 100, 1)} ${t("pp")}`
    : unit === "points" || before === 0 || Math.sign(before) !== Math.sign(value) ? inUnit(Math.abs(moved), unit)
      : `${fixed(Math.abs(moved / before) * 100, 1)} %`;
  return `${!/[1-9]/.test(text) ? "±" : moved > 0 ? "+" : "−"}${text}`;
}

// Times. The API gives UTC; people see the reporting time zone, which the warehouse names.
let zone = "UTC";
export function setZone(name: string): void {
  zone = name;
}
const asDate = (time: string) => new Date(/Z|[+-]\d\d:?\d\d$/.test(time) ? time : `${time.replace(" ", "T")}Z`);

export function dateTime(time: string | null | undefined, withSeconds = false): string {
  if (!time) return NONE;
  return new Intl.DateTimeFormat(locale(), {
    timeZone: zone, year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}), hourCycle: "h23",
  }).format(asDate(time));
}
/** A day ('YYYY-MM-DD', no zone). */
export function day(text: string | null | undefined, withYear = true): string {
  if (!text) return NONE;
  return new Intl.DateTimeFormat(locale(), { timeZone: "UTC", day: "numeric", month: "short", ...(withYear ? { year: "numeric" } : {}) })
    .format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
}
export function month(text: string | null | undefined): string {
  if (!text) return NONE;
  return new Intl.DateTimeFormat(locale(), { timeZone: "UTC", month: "short", year: "numeric" }).format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
}
export function period(from: string, to: string): string {
  return from.slice(0, 4) === to.slice(0, 4) && from !== to ? `${day(from, false)} – ${day(to)}` : from === to ? day(from) : `${day(from)} – ${day(to)}`;
}
/** How long ago, coarsely: what a reader needs to trust a number. */
export function age(secondsAgo: number): string {
  if (secondsAgo < 60) return t("just now");
  if (secondsAgo < 3600) return t("{n} min ago", { n: Math.floor(secondsAgo / 60) });
  if (secondsAgo < 86_400 * 2) return t("{n} h ago", { n: Math.floor(secondsAgo / 3600) });
  return t("{n} days ago", { n: Math.floor(secondsAgo / 86_400) });
}
