-- name: mart_service_desk.change_success
-- grain: month of creation
-- kind: view
-- description: How changes end: success is closed / (closed + failed); emergency share is the part of all changes that could not wait.
-- owner: service desk
-- audits: unique(month)
select month, sum(changes)::bigint as changes,
  sum(case when status = 'Closed' then changes else 0 end)::bigint as closed,
  sum(case when status = 'Failed' then changes else 0 end)::bigint as failed,
  sum(case when status = 'Closed' then changes else 0 end)
    / nullif(sum(case when status in ('Closed', 'Failed') then changes else 0 end), 0) as success_rate,
  sum(case when type = 'Emergency' then changes else 0 end)::bigint as emergencies,
  sum(case when type = 'Emergency' then changes else 0 end) / sum(changes) as emergency_share
from mart_service_desk.changes_by_month
group by month
