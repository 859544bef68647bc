-- name: core.daily_ticket_summary
-- grain: ticket_date, priority, category
-- kind: additive(ticket_date, priority, category)
-- from: core.fact_tickets_stored
-- derive: avg_resolution_time = resolution_hours_sum / nullif(resolved_count, 0)
-- description: Tickets by day of creation; avg_resolution_time is the mean of whole elapsed hours of the resolved ones. One
--   that is open again is not resolved, whatever its old resolved_at says. sla_met_count: those that ended within their target.
-- owner: core
-- audits: unique(ticket_date, priority, category)
select reporting_date(created_at) as ticket_date, priority, category,
  1::integer as ticket_count,
  (not is_open and resolution_hours is not null)::integer as resolved_count,
  case when is_open or resolution_hours is null then 0 else (epoch_us(resolved_at) - epoch_us(created_at)) // 3600000000 end as resolution_hours_sum,
  coalesce(sla_breached, false)::integer as sla_breach_count,
  (coalesce(resolved_at, ended_at) is not null and sla_breached is false)::integer as sla_met_count
from {{source}}
where not is_deleted
