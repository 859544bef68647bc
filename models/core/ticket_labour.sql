-- name: core.ticket_labour
-- grain: month of work, category and department of the ticket
-- kind: additive(month, category_key, department_key)
-- from: core.fact_time_tracking
-- description: Logged minutes and their cost by month of work and what the ticket was about. Work on deleted or unknown tickets was paid too:
--   it has category and department 0.
-- owner: core
-- audits: unique(month, category_key, department_key)
select try(make_date(date_key // 10000, date_key // 100 % 100, 1)) as month, category_key, department_key,
  1::integer as entries, minutes, coalesce(cost, 0)::decimal(18, 4) as cost
from {{source}}
where not is_deleted
