-- name: mart_financial.cost_per_ticket_by_month
-- grain: month
-- kind: view
-- description: What a resolved ticket costs: (hours logged x the agent's rate + overhead of the month) / tickets resolved in the month.
-- owner: finance
-- audits: unique(month)
with resolved as (
  select month, sum(resolved)::bigint as resolved from core.ticket_outcomes group by month
), labour as (
  select month, sum(minutes) as minutes, sum(cost) as labour_cost from core.agent_time group by month
)
select coalesce(r.month, l.month) as month, coalesce(r.resolved, 0) as resolved,
  (coalesce(l.minutes, 0) / 60)::double as hours, coalesce(l.labour_cost, 0)::decimal(38, 4) as labour_cost,
  {{setting overhead_per_month}} as overhead,
  (coalesce(l.labour_cost, 0) + {{setting overhead_per_month}})::decimal(38, 4) as total_cost,
  (coalesce(l.labour_cost, 0) + {{setting overhead_per_month}}) / nullif(r.resolved, 0) as cost_per_ticket
from resolved r
full join labour l on l.month = r.month
