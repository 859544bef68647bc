-- name: core.ticket_topics
-- grain: month of creation, category, department
-- kind: additive(month, category, department_key)
-- from: core.fact_tickets_stored
-- description: Tickets by month of creation, category and department: how many, how many of them say who asked, are resolved by now, met or
--   missed their target.
-- owner: core
-- audits: unique(month, category, department_key)
select date_trunc('month', reporting_date(created_at))::date as month, category, department_key,
  1::integer as tickets,
  (customer_key <> 0)::integer as asked,
  (not is_open)::integer as resolved,
  (coalesce(resolved_at, ended_at) is not null and sla_breached is false)::integer as met,
  coalesce(sla_breached, false)::integer as breached,
  (reopen_count > 0)::integer as reopened
from {{source}}
where not is_deleted
