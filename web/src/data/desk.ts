// The service desk beyond its flow: when targets are missed, how long resolution takes, what becomes of changes and problems.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { createdWithin, during, duringKeys, duringMonths, instant, MET, raw, resolutionHours, spans, sql, tickets, timesOf } from "./sql";

export interface HeatCell {
  weekday: number;
  hour: number;
  met: number;
  breached: number;
}
/** Judged tickets of the period by weekday (1 Monday to 7 Sunday) and hour of creation in the reporting time zone. */
export function slaHeat(filters: Filters): Statement {
  return sql`select isodow(reporting_hour(created_at)) as weekday, hour(reporting_hour(created_at)) as hour,
    count(*) filter (where ${MET}) as met, count(*) filter (where sla_breached) as breached
    from ${tickets(filters.values)} where ${duringKeys("created_date_key", filters.period)} group by all`;
}

/** Upper ends of the bands of time to resolve, in hours; what is longer is in the last. */
export const RESOLUTION_BANDS = [1, 2, 4, 8, 16, 24, 48, 72, 168, 336] as const;
export interface Band {
  band: number;
  priority: string;
  tickets: number;
}
export function resolutionBands(filters: Filters): Statement {
  const edges = RESOLUTION_BANDS.map((edge, index) => `when resolution_hours <= ${edge} then ${index}`).join(" ");
  return sql`select case ${raw(edges)} else ${raw(String(RESOLUTION_BANDS.length))} end as band, priority, count(*) as tickets
    from ${tickets(filters.values)} where not is_open and resolution_hours is not null and ${duringKeys("resolved_date_key", filters.period)} group by all`;
}

export interface PriorityRow {
  name: string;
  tickets: number;
  met: number;
  breached: number;
  attainment: number | null;
  p50: number | null;
  p90: number | null;
  target: number | null;
}
/** Of the tickets created in the period. */
export function byPriority(filters: Filters): Statement {
  const { period, values } = filters;
  const times = timesOf("created_ticket_times", values);
  if (times) {
    return sql`with sums as (select priority, sum(tickets)::bigint as tickets, sum(met)::bigint as met, sum(breached)::bigint as breached from ${spans(values, createdWithin(period))} group by priority),
    times as (select priority, ${resolutionHours(0.5)} as p50, ${resolutionHours(0.9)} as p90
      from ${times} and ${during("created_day", period)} group by priority)
    select s.priority as name, s.tickets, s.met, s.breached, s.met / nullif(s.met + s.breached, 0) as attainment, t.p50, t.p90, p.resolution_target_hours as target
    from sums s left join times t on t.priority = s.priority left join core.dim_priority p on p.name = s.priority order by p.rank desc`;
  }
  return sql`select t.priority as name, count(*) as tickets, count(*) filter (where ${MET}) as met,
    count(*) filter (where sla_breached) as breached,
    count(*) filter (where ${MET})
      / nullif(count(*) filter (where sla_breached or (${MET})), 0) as attainment,
    quantile_cont(resolution_hours, [0.5, 0.9]) filter (where not is_open) as percentiles, percentiles[1] as p50, percentiles[2] as p90,
    any_value(p.resolution_target_hours) as target
    from ${tickets(values)} t left join core.dim_priority p on p.priority_key = t.priority_key
    where ${duringKeys("created_date_key", period)} group by t.priority order by any_value(p.rank) desc`;
}

export interface ChangeMonth {
  month: string;
  changes: number;
  closed: number;
  failed: number;
  success_rate: number | null;
  emergency_share: number | null;
}
export const changes = (filters: Filters): Statement => sql`select month::varchar as month, changes, closed, failed, success_rate, emergency_share
  from mart_service_desk.change_success where ${duringMonths("month", filters.period)} order by month`;

export interface ProblemRow {
  status: string;
  priority: string;
  problems: number;
  tickets: number;
}
export const problems = (): Statement => raw("select status, priority, problems, tickets from mart_service_desk.problems_by_status order by problems desc");
/** How many are in mart_service_desk.stale_tickets at the warehouse's instant: said with the instant, which skips blocks. */
export const staleCount = (now: string): Statement => sql`select count(*) as tickets from core.fact_tickets_stored
  where is_open and not is_deleted and updated_at <= ${instant(now)} - interval 5 day`;
