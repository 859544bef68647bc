// The desk at this moment, as the warehouse knows it.
import type { Statement } from "../api/query";
import { raw } from "./sql";

export interface Now {
  open: number;
  breached_open: number;
  due_soon: number;
  created_24h: number;
  resolved_24h: number;
  critical_open: number;
}
export const now = (): Statement => raw(`with t as (select * from core.fact_tickets where not is_deleted), n as (select as_of from core.today)
  select count(*) filter (where is_open) as open, count(*) filter (where is_open and sla_breached) as breached_open,
    count(*) filter (where is_open and sla_breached is not true and breach_after between (select as_of from n) and (select as_of from n) + interval 4 hour) as due_soon,
    count(*) filter (where created_at > (select as_of from n) - interval 24 hour) as created_24h,
    count(*) filter (where not is_open and ended_at > (select as_of from n) - interval 24 hour) as resolved_24h,
    count(*) filter (where is_open and priority = 'Critical') as critical_open from t`);

export interface Hour {
  hour: string;
  tickets: number;
  critical: number;
}
/** The 48 hours up to now, in the reporting time zone. */
export const hours48 = (): Statement => raw(`with n as (select reporting_hour(as_of) as now from core.today),
    grid as (select h as hour from generate_series((select now from n) - interval 47 hour, (select now from n), interval 1 hour) g(h))
  select strftime(g.hour, '%Y-%m-%d %H:00') as hour, coalesce(s.ticket_count, 0) as tickets, coalesce(s.critical_count, 0) as critical
  from grid g left join core.hourly_ticket_stats s on s.hour_bucket = g.hour order by g.hour`);

export interface Recent {
  source: string;
  ticket_id: string;
  subject: string | null;
  priority: string;
  category: string;
  status: string;
  happened_at: string;
}
const recent = (column: string, condition: string): Statement => raw(`select t.source, t.ticket_id, o.subject, t.priority, t.category, t.status, t.${column} as happened_at
  from (select * from core.fact_tickets where not is_deleted and ${condition} order by ${column} desc limit 12) t
  left join operational.tickets o on o.key = t.ticket_key order by t.${column} desc`);
export const newest = (): Statement => recent("created_at", "created_at <= (select as_of from core.today)");
/** Open tickets whose target is reached next. */
export const nextDue = (): Statement => raw(`select t.source, t.ticket_id, o.subject, t.priority, t.category, t.status, t.breach_after as happened_at
  from (select * from core.fact_tickets where not is_deleted and is_open and sla_breached is not true and breach_after >= (select as_of from core.today) order by breach_after limit 12) t
  left join operational.tickets o on o.key = t.ticket_key order by t.breach_after`);
