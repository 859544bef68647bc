// Pieces of SQL with their parameters. The text holds only what this program wrote; whatever the user chose is a `?`.
import type { Statement, Value } from "../api/query";
import type { Dimension, Filters } from "../lib/filters";
import { isDay, type Period } from "../lib/period";

export type Piece = Statement;

/** sql`... ${value} ... ${piece} ...`: values become parameters, pieces are put in with theirs. */
export function sql(texts: TemplateStringsArray, ...parts: (Value | Piece)[]): Piece {
  let text = texts[0] ?? "";
  const params: Value[] = [];
  parts.forEach((part, index) => {
    if (part !== null && typeof part === "object") {
      text += part.sql;
      params.push(...part.params);
    } else {
      text += "?";
      params.push(part);
    }
    text += texts[index + 1] ?? "";
  });
  return { sql: text, params };
}
export const raw = (text: string): Piece => ({ sql: text, params: [] });

/** A day as a literal: as a parameter its type is not known everywhere, generate_series among others. REQUIRES a day. */
export function date(day: string): Piece {
  if (!isDay(day)) throw new Error(`not a day: ${day}`);
  return raw(`date '${day}'`);
}

/** An instant as the API tells it, as a literal. As a subquery on core.today no block of a large table could be skipped. REQUIRES an instant. */
export function instant(text: string): Piece {
  if (!/^\d{4}-\d{2}-\d{2}[ T][\d:.]+Z?$/.test(text)) throw new Error(`not an instant: ${text}`);
  return raw(`timestamp '${text.replace("T", " ").replace("Z", "")}'`);
}

const anyOf = (column: string, values: string[]): Piece => ({ sql: `${column} in (${values.map(() => "?").join(", ")})`, params: values });

const all = (pieces: Piece[]): Piece => ({ sql: pieces.map((piece) => piece.sql).join(" and "), params: pieces.flatMap((piece) => piece.params) });

/** The filters as a condition on core.fact_tickets and what it is made from, whose columns stand unqualified. */
export function ticketCondition(values: Filters["values"]): Piece {
  const pieces: Piece[] = [raw("not is_deleted")];
  const within = (key: string, table: string, column: string, chosen: string[]) => {
    const inner = anyOf(column, chosen);
    pieces.push({ sql: `${key} in (select ${key} from ${table} where ${inner.sql})`, params: inner.params });
  };
  if (values.priority) pieces.push(anyOf("priority", values.priority));
  if (values.category) pieces.push(anyOf("category", values.category));
  if (values.group) {
    const inner = anyOf("group_name", values.group);
    pieces.push({ sql: `group_key in (select group_key from core.group_names where ${inner.sql})`, params: inner.params });
  }
  if (values.agent) within("agent_key", "core.dim_agent", "name", values.agent);
  if (values.department) within("department_key", "core.department_names", "department", values.department);
  if (values.segment) {
    const inner = anyOf("s.segment", values.segment);
    pieces.push({
      sql: `customer_key in (select c.customer_key from core.dim_customer c join core.customer_segments s on s.requester_key = c.requester_key where ${inner.sql})`,
      params: inner.params,
    });
  }
  return all(pieces);
}

/** Of a single ticket: it ended within its target. In date keys, which are read faster than the times. */
export const MET = raw("sla_breached is false and coalesce(resolved_date_key, ended_date_key) is not null");

const only = (values: Filters["values"], known: Dimension[]) => (Object.keys(values) as Dimension[]).every((dimension) => known.includes(dimension));
const keyOf = (day: string) => Number(day.replaceAll("-", ""));
// DuckDB may evaluate a condition on rows that another has dropped already, so that nothing in it may throw.
const dayOf = (key: string) => `try(make_date(${key} // 10000, ${key} // 100 % 100, ${key} % 100))`;

/**
 * Which tickets: a condition in days, for sums; and the same for single tickets, as conditions of which one holds for each of
 * them, in date keys, by which blocks are skipped, and flags, which are read fast.
 */
export interface Within {
  days: Piece;
  keys: Piece[];
}
/** Created, or ended, in the period. */
export const createdWithin = (period: Period): Within => ({ days: during("created_day", period), keys: [duringKeys("created_date_key", period)] });
export const endedWithin = (period: Period): Within => ({ days: during("ended_day", period), keys: [duringKeys("ended_date_key", period)] });
/** Created by the last of two days, and not ended by the first. */
export const openBetween = (from: string, to: string): Within => ({
  days: sql`created_day <= ${date(to)} and (ended_day is null or ended_day > ${date(from)})`,
  keys: [sql`created_date_key <= ${keyOf(to)} and is_open`, sql`created_date_key <= ${keyOf(to)} and ended_date_key > ${keyOf(from)}`],
});

/** Whether sums by day and priority, as core.ticket_spans has them, know what the filters ask for. */
export const isOfSpans = (values: Filters["values"]) => only(values, ["priority"]);
/**
 * Tickets with what flow, backlog and service level are summed from, in the columns of core.ticket_spans. Where the
 * filters allow it, it is that small table; else the same is made from the single tickets (models/core/ticket_spans.sql
 * is the definition of both; tests/web compares the two).
 */
export function spans(values: Filters["values"], within: Within): Piece {
  if (isOfSpans(values)) return sql`(select * from core.ticket_spans where ${within.days} and ${values.priority ? anyOf("priority", values.priority) : raw("true")})`;
  const single = (keys: Piece) => sql`select ${raw(dayOf("created_date_key"))} as created_day,
    ${raw(dayOf("ended_date_key"))} as ended_day, priority, 1 as tickets,
    (${MET})::integer as met, coalesce(sla_breached, false)::integer as breached,
    (first_response_minutes is not null and response_breached is false)::integer as response_met, coalesce(response_breached, false)::integer as response_breached,
    (first_response_minutes is not null)::integer as answered, coalesce(first_response_minutes, 0) * 60000000 as response_us_sum,
    (not is_open and resolution_hours is not null)::integer as timed,
    case when is_open then 0 else coalesce(resolution_hours, 0) end * 3600000000 as resolution_us_sum,
    (reopen_count > 0)::integer as reopened, (not is_open or reopen_count > 0)::integer as resolved_once
    from core.fact_tickets_stored where ${ticketCondition(values)} and ${keys}`;
  return sql`(${within.keys.map(single).reduce((all, next) => sql`${all} union all ${next}`)})`;
}

/** What the sums by day of creation know of the chosen tickets: a condition on core.daily_ticket_summary; null where the filters ask for more. */
export function summarised(values: Filters["values"]): Piece | null {
  if (!only(values, ["priority", "category"])) return null;
  const pieces = [raw("true"), ...(["priority", "category"] as const).flatMap((dimension) => {
    const chosen = values[dimension];
    return chosen ? [anyOf(dimension, chosen)] : [];
  })];
  return all(pieces);
}

/** Days with the numbers of which exact percentiles are asked by `distribution_quantile`; null where the filters ask for more than is kept. */
export function timesOf(table: "created_ticket_times" | "resolved_ticket_times", values: Filters["values"]): Piece | null {
  if (!isOfSpans(values)) return null;
  return sql`core.${raw(table)} where ${values.priority ? anyOf("priority", values.priority) : raw("true")}`;
}

/** Tickets as stored, with the filters applied, and the day they were resolved: all of core.fact_tickets but what depends on now. */
export function tickets(values: Filters["values"]): Piece {
  return sql`(select *, ${raw(dayOf("resolved_date_key"))} as resolved_day from core.fact_tickets_stored where ${ticketCondition(values)})`;
}

/** Exact percentiles of what `timesOf` gives, in the units of core.fact_tickets. */
export const resolutionHours = (q: number): Piece => raw(`distribution_quantile(resolution_us, ${q}) / 3600000000`);
export const responseMinutes = (q: number): Piece => raw(`distribution_quantile(response_us, ${q}) / 60000000`);

/** The record of a ticket, found by the time it was created, too: blocks of the large table are skipped by that, not by a key. */
export const recordOf = (fact: string): Piece =>
  raw(`left join operational.tickets o on o.key = ${fact}.ticket_key and o.created_at = ${fact}.created_at`);

/** `column between` the days of the period. */
export const during = (column: string, period: Period): Piece => sql`${raw(column)} between ${date(period.from)} and ${date(period.to)}`;
/** The same for a column of date keys (yyyymmdd), which can skip what lies outside. */
export const duringKeys = (column: string, period: Period): Piece => sql`${raw(column)} between ${keyOf(period.from)} and ${keyOf(period.to)}`;
/** The same for a column that holds first days of months: every month that the period touches. */
export const duringMonths = (column: string, period: Period): Piece =>
  sql`${raw(column)} between date_trunc('month', ${date(period.from)})::date and ${date(period.to)}`;

export type Grain = "day" | "week" | "month";
/** Start of the bucket that a day falls into. Weeks are seven days that end where the period ends, so that the last is whole. */
export const bucket = (column: string, grain: Grain, period: Period): Piece =>
  grain === "day" ? raw(column)
    : grain === "month" ? raw(`date_trunc('month', ${column})::date`)
      : sql`(${date(period.to)} - ((${date(period.to)} - ${raw(column)}) // 7 * 7 + 6)::integer)`;
/** One row for each bucket of the period, as `day`. */
export const buckets = (grain: Grain, period: Period): Piece =>
  sql`(select distinct ${bucket("d::date", grain, period)} as day from generate_series(${date(period.from)}, ${date(period.to)}, interval 1 day) g(d))`;
