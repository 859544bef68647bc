// What is out of the ordinary: found by comparison with what is usual here, not by fixed limits.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { addDays, type Period } from "../lib/period";
import { staleCount } from "./desk";
import { createdWithin, date, during, instant, raw, spans, sql, summarised } from "./sql";

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
  const chosen = summarised(values.priority ? { priority: values.priority } : {}) ?? raw("true");
  const part = (of: Period) => sql`(select category, sum(sla_met_count + sla_breach_count) as tickets, sum(sla_met_count) / nullif(sum(sla_met_count + sla_breach_count), 0) as met
    from core.daily_ticket_summary where ${chosen} and ${during("ticket_date", of)} group by category)`;
  return sql`select n.category as name, n.met as now, b.met as before, n.tickets::bigint as tickets from ${part(period)} n join ${part(previous)} b on b.category = n.category
    where n.tickets >= 30 and b.tickets >= 30 and n.met < b.met - 0.02 order by n.met - b.met limit 2`;
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
  (${staleCount(now)}) as stale,
  (select coalesce(sum(breached), 0)::bigint from core.ticket_spans where ended_day is null) as breached_open,
  (select count(*) from core.fact_tickets_stored where is_open and not is_deleted and sla_breached is not true
    and breach_after between ${instant(now)} and ${instant(now)} + interval 1 day) as due_soon,
  (select count(*) from meta.check_results where run_id = (select max(run_id) from meta.check_results) and (error is not null or severity = 'fail' and violations > 0)) as failed_checks,
  (select count(*) from meta.check_results where run_id = (select max(run_id) from meta.check_results) and violations > 0) as warned_checks,
  (select coalesce(sum(quarantined), 0) from meta.balances where run_id = (select max(run_id) from meta.balances)) as quarantined`;
