-- name: mart_financial.chargeback
-- grain: month, department
-- kind: view
-- description: What each department is charged for a month: the work logged on its tickets, and its share of the overhead by the tickets it
--   created. Work on deleted or unknown tickets stays with 'No department'.
-- owner: finance
-- audits: unique(month, department_key)
with labour as (
  select month, department_key, sum(minutes) as minutes, sum(cost) as labour_cost from core.ticket_labour group by month, department_key
), tickets as (
  select month, department_key, sum(tickets)::bigint as tickets, sum(sum(tickets)) over (partition by month) as month_tickets
  from core.ticket_topics
  group by month, department_key
), joined as (
  select coalesce(t.month, l.month) as month, coalesce(t.department_key, l.department_key) as department_key,
    coalesce(t.tickets, 0) as tickets, (coalesce(l.minutes, 0) / 60)::double as hours,
    coalesce(l.labour_cost, 0)::decimal(38, 4) as labour_cost,
    round(coalesce({{setting overhead_per_month}} * t.tickets / t.month_tickets, 0), 4)::decimal(38, 4) as overhead_share
  from tickets t
  full join labour l on l.month = t.month and l.department_key = t.department_key
)
select j.month, j.department_key, d.department,
  d.cost_center, j.tickets, j.hours, j.labour_cost, j.overhead_share, (j.labour_cost + j.overhead_share)::decimal(38, 4) as charge
from joined j
join core.department_names d on d.department_key = j.department_key
