-- name: mart_service_desk.reopens_by_month
-- grain: month of creation, priority
-- kind: view
-- description: Share of tickets that came back after they had been resolved: reopened at least once / resolved at least once.
-- owner: service desk
-- audits: unique(month, priority), not_null(month)
select date_trunc('month', created_day)::date as month, priority,
  sum(resolved_once)::bigint as resolved_once, sum(reopened)::bigint as reopened,
  sum(reopened) / nullif(sum(resolved_once), 0) as reopen_rate
from core.ticket_spans
group by all
