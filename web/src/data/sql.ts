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

const only = (values: Filters["values"], known: Dimension[]) => (Object.keys(values) as Dimension[]).every((dimension) => known.includes(dimension));
// DuckDB may evaluate a condition on rows that another has dropped already, so that nothing in it may throw.
const dayOf = (key: string) => `try(make_date(${key} // 10000, ${key} // 100 % 100, ${key} % 100))`;

/**
 * Tickets with what flow, backlog and service level are summed from, in the columns of core.ticket_spans. Where the
 * filters allow it, it is that small table; else the same is made from the single tickets (models/core/ticket_spans.sql
 * is the definition of both; tests/web compares the two). `within`: a condition on core.fact_tickets that holds for
 * all that is wanted, by which blocks of the large table are skipped; the caller says it again in days.
 */
export function spans(values: Filters["values"], within: Piece = raw("true")): Piece {
  if (only(values, ["priority"])) {
    return values.priority ? sql`(select * from core.ticket_spans where ${anyOf("priority", values.priority)})` : raw("core.ticket_spans");
  }
  return sql`(select ${raw(dayOf("created_date_key"))} as created_day,
    case when not is_open then greatest(${raw(dayOf("ended_date_key"))}, ${raw(dayOf("created_date_key"))}) end as ended_day, priority, 1 as tickets,
    (coalesce(resolved_at, ended_at) is not null and sla_breached is false)::integer as met, coalesce(sla_breached, false)::integer as breached,
    (first_response_at is not null and response_breached is false)::integer as response_met, coalesce(response_breached, false)::integer as response_breached,
    (first_response_minutes is not null)::integer as answered, coalesce(first_response_minutes, 0) * 60000000 as response_us_sum,
    (not is_open and resolution_hours is not null)::integer as timed,
    case when is_open then 0 else coalesce(resolution_hours, 0) end * 3600000000 as resolution_us_sum,
    (reopen_count > 0)::integer as reopened, (not is_open or reopen_count > 0)::integer as resolved_once
    from core.fact_tickets_stored where ${ticketCondition(values)} and ${within})`;
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

/** Created, or ended, in the period; what ended before it was created counts on its first day. */
export const createdWithin = (period: Period): Piece => duringKeys("created_date_key", period);
export const endedWithin = (period: Period): Piece => sql`(${duringKeys("ended_date_key", period)} or (ended_date_key < created_date_key and ${createdWithin(period)}))`;
/** Tickets as stored, with the filters applied, and the day they were resolved: all of core.fact_tickets but what depends on now. */
export function tickets(values: Filters["values"]): Piece {
  return sql`(select *, ${raw(dayOf("resolved_date_key"))} as resolved_day from core.fact_tickets_stored where ${ticketCondition(values)})`;
}

/** `column between` the days of the period. */
export const during = (column: string, period: Period): Piece => sql`${raw(column)} between ${date(period.from)} and ${date(period.to)}`;
/** The same for a column of date keys (yyyymmdd), which can skip what lies outside. */
export const duringKeys = (column: string, period: Period): Piece =>
  sql`${raw(column)} between ${Number(period.from.replaceAll("-", ""))} and ${Number(period.to.replaceAll("-", ""))}`;
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
