-- name: core.ticket_spans
-- grain: created_day, ended_day, priority
-- kind: additive(created_day, ended_day, priority)
-- from: core.fact_tickets_stored
-- description: Tickets by the day they were created and the day they were resolved or closed (NULL: still open); what
--   flow, backlog and service level by day are read from.
-- owner: core
-- audits: unique(created_day, ended_day, priority)
select reporting_date(created_at) as created_day,
  -- A ticket that ended before it was created counts as ended on its first day.
  case when not is_open then greatest(reporting_date(ended_at), reporting_date(created_at)) end as ended_day,
  priority,
  1::integer as tickets,
  (coalesce(resolved_at, ended_at) is not null and sla_breached is false)::integer as met,
  coalesce(sla_breached, false)::integer as breached,
  (first_response_at is not null and response_breached is false)::integer as response_met,
  coalesce(response_breached, false)::integer as response_breached,
  (first_response_minutes is not null)::integer as answered,
  case when first_response_minutes is null then 0 else epoch_us(first_response_at) - epoch_us(created_at) end::hugeint as response_us_sum,
  (not is_open and resolution_hours is not null)::integer as timed,
  case when is_open or resolution_hours is null then 0 else epoch_us(resolved_at) - epoch_us(created_at) end::hugeint as resolution_us_sum,
  (reopen_count > 0)::integer as reopened,
  (not is_open or reopen_count > 0)::integer as resolved_once
from {{source}}
where not is_deleted
