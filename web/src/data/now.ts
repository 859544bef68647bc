// The desk at this moment, as the warehouse knows it.
import type { Statement } from "../api/query";
import { instant, raw, recordOf, sql, type Piece } from "./sql";

export interface Now {
  open: number;
  breached_open: number;
  due_soon: number;
  created_24h: number;
  resolved_24h: number;
  critical_open: number;
}
/** `at`: the warehouse's instant. What is open comes from the sums by day, the rest from the last days' blocks. */
export const now = (at: string): Statement => sql`select * from
  (select coalesce(sum(tickets), 0)::bigint as open, coalesce(sum(breached), 0)::bigint as breached_open,
    coalesce(sum(tickets) filter (where priority = 'Critical'), 0)::bigint as critical_open from core.ticket_spans where ended_day is null),
  (select count(*) as due_soon from core.fact_tickets_stored where not is_deleted and is_open and sla_breached is not true
    and breach_after between ${instant(at)} and ${instant(at)} + interval 4 hour),
  (select count(*) as created_24h from core.fact_tickets_stored where not is_deleted and created_at > ${instant(at)} - interval 24 hour),
  (select count(*) as resolved_24h from core.fact_tickets_stored where not is_deleted and not is_open and ended_at > ${instant(at)} - interval 24 hour)`;

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
const recent = (column: string, condition: Piece, order: string): Statement => sql`select t.source, t.ticket_id, o.subject, t.priority, t.category, t.status, ${raw(`t.${column}`)} as happened_at
  from (select * from core.fact_tickets_stored where not is_deleted and ${condition} order by ${raw(order)} limit 12) t
  ${recordOf("t")} order by ${raw(`t.${order}`)}`;
export const newest = (at: string): Statement => recent("created_at", sql`created_at <= ${instant(at)}`, "created_at desc");
/** Open tickets whose target is reached next. */
export const nextDue = (at: string): Statement => recent("breach_after", sql`is_open and sla_breached is not true and breach_after >= ${instant(at)}`, "breach_after");
