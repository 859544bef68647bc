// What a manager looks at first: flow, backlog, service level and times, over a period and before it. Expressions are those of
// models/metrics.toml over core.ticket_spans; tests/web compares the numbers on the page with /api/v1/metrics.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { grainOf, type Period } from "../lib/period";
import { bucket, buckets, createdWithin, date, during, duringKeys, endedWithin, MET, openBetween, raw, resolutionHours, responseMinutes, spans, sql, summarised, tickets, timesOf, type Piece } from "./sql";

export interface Flow {
  created: number;
  resolved: number;
  sla: number | null;
  response_sla: number | null;
  mean_resolution: number | null;
  mean_response: number | null;
  reopen_rate: number | null;
  breached: number;
}

const BY_CREATION = raw(`sum(tickets)::bigint as created, sum(met) / nullif(sum(met) + sum(breached), 0) as sla,
  sum(response_met) / nullif(sum(response_met) + sum(response_breached), 0) as response_sla, sum(breached)::bigint as breached,
  sum(response_us_sum)::double / nullif(sum(answered), 0) / 60000000 as mean_response, sum(reopened) / nullif(sum(resolved_once), 0) as reopen_rate`);
const BY_END = raw(`sum(tickets)::bigint as resolved, sum(resolution_us_sum)::double / nullif(sum(timed), 0) / 3600000000 as mean_resolution`);

/** One row for the period, one for the period before, if there is one. */
export function totals(filters: Filters): Statement {
  const one = (name: string, period: Period): Piece => sql`select ${raw(`'${name}'`)} as which, * from
    (select ${BY_CREATION} from ${spans(filters.values, createdWithin(period))}),
    (select ${BY_END} from ${spans(filters.values, endedWithin(period))})`;
  const now = one("period", filters.period);
  return filters.previous ? sql`${now} union all ${one("previous", filters.previous)}` : now;
}

export interface FlowPoint extends Flow {
  day: string;
}
/** The same by day, week or month of the period. */
export function series(filters: Filters, grain = grainOf(filters.period)): Statement {
  const { period, values } = filters;
  return sql`with grid as ${buckets(grain, period)},
    a as (select ${bucket("created_day", grain, period)} as day, ${BY_CREATION} from ${spans(values, createdWithin(period))} group by 1),
    b as (select ${bucket("ended_day", grain, period)} as day, ${BY_END} from ${spans(values, endedWithin(period))} group by 1)
    select g.day::varchar as day, coalesce(created, 0) as created, coalesce(resolved, 0) as resolved, sla, response_sla, mean_resolution, mean_response, reopen_rate, coalesce(breached, 0) as breached
    from grid g left join a on a.day = g.day left join b on b.day = g.day order by g.day`;
}

export interface Ageing {
  day: string;
  age_0_1: number;
  age_2_7: number;
  age_8_30: number;
  age_over_30: number;
  backlog: number;
}
/** The backlog at the end of each bucket's last day, by age in days (the bands of mart_service_desk.daily_backlog). */
export function backlog(filters: Filters, grain = grainOf(filters.period)): Statement {
  const { period, values } = filters;
  return sql`with ends as (select max(d::date) as day from generate_series(${date(period.from)}, ${date(period.to)}, interval 1 day) g(d) group by ${bucket("d::date", grain, period)}),
    open as (select created_day, ended_day, sum(tickets) as tickets from ${spans(values, openBetween(period.from, period.to))} group by all)
    select e.day::varchar as day, coalesce(sum(tickets), 0)::bigint as backlog,
      coalesce(sum(tickets) filter (where e.day - created_day <= 1), 0)::bigint as age_0_1,
      coalesce(sum(tickets) filter (where e.day - created_day between 2 and 7), 0)::bigint as age_2_7,
      coalesce(sum(tickets) filter (where e.day - created_day between 8 and 30), 0)::bigint as age_8_30,
      coalesce(sum(tickets) filter (where e.day - created_day > 30), 0)::bigint as age_over_30
    from ends e left join open o on o.created_day <= e.day and (o.ended_day is null or o.ended_day > e.day) group by e.day order by e.day`;
}

export interface BacklogByPriority extends Ageing {
  priority: string;
}
/** The backlog at the end of one day, by priority. */
export function backlogByPriority(filters: Filters, at = filters.period.to): Statement {
  return sql`select priority, sum(tickets)::bigint as backlog,
      coalesce(sum(tickets) filter (where ${date(at)} - created_day <= 1), 0)::bigint as age_0_1,
      coalesce(sum(tickets) filter (where ${date(at)} - created_day between 2 and 7), 0)::bigint as age_2_7,
      coalesce(sum(tickets) filter (where ${date(at)} - created_day between 8 and 30), 0)::bigint as age_8_30,
      coalesce(sum(tickets) filter (where ${date(at)} - created_day > 30), 0)::bigint as age_over_30
    from ${spans(filters.values, openBetween(at, at))} group by priority`;
}

export interface Medians {
  which: string;
  p50_resolution: number | null;
  p50_response: number | null;
}
export function medians(filters: Filters): Statement {
  const { values } = filters;
  const resolution = timesOf("resolved_ticket_times", values), response = timesOf("created_ticket_times", values);
  const one = (name: string, period: Period): Piece => resolution && response
    ? sql`select ${raw(`'${name}'`)} as which, * from
    (select ${resolutionHours(0.5)} as p50_resolution from ${resolution} and ${during("resolved_day", period)}),
    (select ${responseMinutes(0.5)} as p50_response from ${response} and ${during("created_day", period)})`
    : sql`select ${raw(`'${name}'`)} as which, * from
    (select quantile_cont(resolution_hours, 0.5) as p50_resolution from ${tickets(values)} where not is_open and ${duringKeys("resolved_date_key", period)}),
    (select quantile_cont(first_response_minutes, 0.5) as p50_response from ${tickets(values)} where ${duringKeys("created_date_key", period)})`;
  const now = one("period", filters.period);
  return filters.previous ? sql`${now} union all ${one("previous", filters.previous)}` : now;
}
export interface PercentilePoint {
  day: string;
  p50: number | null;
  p90: number | null;
}
export function resolutionSeries(filters: Filters, grain = grainOf(filters.period)): Statement {
  const { period, values } = filters;
  const day = bucket("resolved_day", grain, period), kept = timesOf("resolved_ticket_times", values);
  const percentiles = kept
    ? sql`select ${day} as day, ${resolutionHours(0.5)} as p50, ${resolutionHours(0.9)} as p90
      from ${kept} and ${during("resolved_day", period)}`
    : sql`select ${day} as day, quantile_cont(resolution_hours, 0.5) as p50, quantile_cont(resolution_hours, 0.9) as p90
      from ${tickets(values)} where not is_open and ${duringKeys("resolved_date_key", period)}`;
  return sql`with grid as ${buckets(grain, period)},
    a as (${percentiles} group by 1)
    select g.day::varchar as day, p50, p90 from grid g left join a on a.day = g.day order by g.day`;
}

export interface SlaRow {
  name: string;
  tickets: number;
  met: number;
  breached: number;
  attainment: number | null;
}
/** Service level of the tickets created in the period, by a column of core.fact_tickets or a name. */
export function slaBy(column: "priority" | "category" | "group", filters: Filters): Statement {
  if (column === "priority") {
    return sql`select priority as name, sum(tickets)::bigint as tickets, sum(met)::bigint as met, sum(breached)::bigint as breached,
      sum(met) / nullif(sum(met) + sum(breached), 0) as attainment from ${spans(filters.values, createdWithin(filters.period))} group by 1`;
  }
  const known = column === "category" ? summarised(filters.values) : null;
  if (known) {
    return sql`select category as name, sum(ticket_count)::bigint as tickets, sum(sla_met_count)::bigint as met, sum(sla_breach_count)::bigint as breached,
      sum(sla_met_count) / nullif(sum(sla_met_count + sla_breach_count), 0) as attainment
      from core.daily_ticket_summary where ${known} and ${during("ticket_date", filters.period)} group by 1 order by breached desc, tickets desc`;
  }
  // Names come to the few sums, not to the many tickets.
  const key = raw(column === "category" ? "category" : "group_key");
  const sums = sql`(select ${key}, count(*) as tickets, count(*) filter (where ${MET}) as met, count(*) filter (where sla_breached) as breached
    from ${tickets(filters.values)} where ${duringKeys("created_date_key", filters.period)} group by 1)`;
  const named = column === "category" ? sql`(select category as name, * from ${sums})` : sql`(select g.group_name as name, s.* from ${sums} s join core.group_names g on g.group_key = s.group_key)`;
  return sql`select name, sum(tickets)::bigint as tickets, sum(met)::bigint as met, sum(breached)::bigint as breached,
    sum(met) / nullif(sum(met) + sum(breached), 0) as attainment from ${named} group by 1 order by breached desc, tickets desc`;
}
