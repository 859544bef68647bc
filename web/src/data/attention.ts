// What is out of the ordinary: found by comparison with what is usual here, not by fixed limits.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { addDays } from "../lib/period";
import { createdWithin, date, during, duringKeys, instant, raw, spans, sql } from "./sql";

export interface Unusual {
  day: string;
  created: number;
  usual: number;
  sigma: number;
}
/** Days of the period whose tickets are over 3 standard deviations from the mean of the 8 same weekdays before, farthest first. */
export function unusualDays(filters: Filters): Statement {
  const { period, values } = filters;
  const from = addDays(period.from, -56);
  return sql`with grid as (select d::date as day from generate_series(${date(from)}, ${date(period.to)}, interval 1 day) g(d)),
    daily as (select g.day, coalesce(sum(tickets), 0) as created from grid g
      left join ${spans(values, createdWithin({ from, to: period.to }))} s on s.created_day = g.day group by g.day),
    known as (select *, avg(created) over w as usual, stddev_pop(created) over w as deviation, count(*) over w as days
      from daily window w as (partition by dayofweek(day) order by day rows between 8 preceding and 1 preceding))
    select day::varchar as day, created::bigint as created, usual, (created - usual) / deviation as sigma
    from known where ${during("day", period)} and days = 8 and deviation > 0 and abs(created - usual) > 3 * deviation and abs(created - usual) >= 5
    order by abs(created - usual) / deviation desc limit 3`;
}

export interface Slipping {
  name: string;
  now: number;
  before: number;
  tickets: number;
}
/** The categories whose SLA attainment fell most against the period before, of those with enough tickets to tell. */
export function slippingCategories(filters: Filters): Statement | null {
  const { period, previous, values } = filters;
  if (!previous) return null;
  return sql`with judged as (select category, created_date_key as day, sla_breached as breached from core.fact_tickets
      where not is_deleted and sla_breached is not null and (sla_breached or coalesce(resolved_at, ended_at) is not null)
      and ${createdWithin({ from: previous.from, to: period.to })}
      ${values.priority ? { sql: `and priority in (${values.priority.map(() => "?").join(", ")})`, params: values.priority } : raw("")}),
    by_category as (select category,
      count(*) filter (where ${duringKeys("day", period)}) as tickets, avg((not breached)::integer) filter (where ${duringKeys("day", period)}) as now,
      count(*) filter (where ${duringKeys("day", previous)}) as tickets_before, avg((not breached)::integer) filter (where ${duringKeys("day", previous)}) as before
      from judged group by category)
    select category as name, now, before, tickets from by_category where tickets >= 30 and tickets_before >= 30 and now < before - 0.02 order by now - before limit 2`;
}

export interface Open {
  stale: number;
  breached_open: number;
  due_soon: number;
  failed_checks: number;
  warned_checks: number;
  quarantined: number;
}
/** As of the warehouse's now: open tickets that wait, that are late, that will be late within a day; and what is wrong with the data. */
export const openMatters = (now: string): Statement => sql`select
  (select count(*) from mart_service_desk.stale_tickets) as stale,
  (select coalesce(sum(breached), 0)::bigint from core.ticket_spans where ended_day is null) as breached_open,
  (select count(*) from core.fact_tickets_stored where is_open and not is_deleted and sla_breached is not true
    and breach_after between ${instant(now)} and ${instant(now)} + interval 1 day) as due_soon,
  (select count(*) from meta.check_results where run_id = (select max(run_id) from meta.check_results) and (error is not null or severity = 'fail' and violations > 0)) as failed_checks,
  (select count(*) from meta.check_results where run_id = (select max(run_id) from meta.check_results) and violations > 0) as warned_checks,
  (select coalesce(sum(quarantined), 0) from meta.balances where run_id = (select max(run_id) from meta.balances)) as quarantined`;
