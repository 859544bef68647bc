-- name: core.resolved_ticket_times
-- grain: resolved_day, priority
-- kind: additive(resolved_day, priority)
-- from: core.fact_tickets_stored
-- distributions: resolution_us
-- description: How long the tickets resolved on a day took, in microseconds. Every number is kept, so that
--   distribution_quantile(resolution_us, 0.5) / 3600000000 is the exact median of the days read.
-- owner: core
-- audits: unique(resolved_day, priority), not_null(resolved_day)
select reporting_date(resolved_at) as resolved_day, priority,
  (epoch_us(resolved_at) - epoch_us(created_at))::bigint as resolution_us
from {{source}}
where not is_deleted and not is_open and resolution_hours is not null
