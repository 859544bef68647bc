-- name: mart_financial.cost_by_category
-- grain: category
-- kind: view
-- description: Work logged on tickets of each category, over all time. Work on deleted or unknown tickets was paid too: it stands under '(no ticket)'.
-- owner: finance
-- audits: unique(category)
with labour as (
  select case when l.category_key = 0 then '(no ticket)' else c.category end as category, sum(l.minutes) as minutes, sum(l.cost) as labour_cost
  from core.ticket_labour l
  join core.dim_category c on c.category_key = l.category_key
  group by 1
), tickets as (
  select category, sum(tickets)::bigint as tickets, sum(resolved)::bigint as resolved from core.ticket_topics group by category
)
select coalesce(t.category, l.category) as category, coalesce(t.tickets, 0) as tickets, coalesce(t.resolved, 0) as resolved,
  (coalesce(l.minutes, 0) / 60)::double as hours, coalesce(l.labour_cost, 0)::decimal(38, 4) as labour_cost,
  coalesce(l.labour_cost, 0) / nullif(t.resolved, 0) as labour_cost_per_resolved
from tickets t
full join labour l on l.category = t.category
