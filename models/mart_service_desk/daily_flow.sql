-- name: mart_service_desk.daily_flow
-- grain: day, priority
-- kind: view
-- description: How many tickets came in and how many were resolved on each day; net_flow above 0 means that the backlog grew.
--   A ticket that is closed without a time of resolution counts as resolved when it was closed.
-- owner: service desk
-- audits: unique(day, priority), not_null(day)
select day, priority, sum(created)::bigint as created, sum(resolved)::bigint as resolved,
  (sum(created) - sum(resolved))::bigint as net_flow
from (
  select created_day as day, priority, tickets as created, 0 as resolved from core.ticket_spans
  union all
  select ended_day, priority, 0, tickets from core.ticket_spans where ended_day is not null
)
group by day, priority
