-- name: core.created_ticket_times
-- grain: created_day, priority
-- kind: additive(created_day, priority)
-- from: core.fact_tickets_stored
-- distributions: response_us, resolution_us
-- description: How long the tickets created on a day waited for their first response, and how long those took that are resolved by now, in
--   microseconds. Every number is kept, so that distribution_quantile(response_us, 0.5) / 60000000 is the exact median of the days read.
-- owner: core
-- audits: unique(created_day, priority), not_null(created_day)
select reporting_date(created_at) as created_day, priority,
  case when first_response_minutes is not null then epoch_us(first_response_at) - epoch_us(created_at) end::bigint as response_us,
  case when not is_open and resolution_hours is not null then epoch_us(resolved_at) - epoch_us(created_at) end::bigint as resolution_us
from {{source}}
where not is_deleted
