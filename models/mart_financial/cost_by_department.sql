-- name: mart_financial.cost_by_department
-- grain: department
-- kind: view
-- description: What each department cost over all time: tickets, hours, labour and its share of the overhead.
-- owner: finance
-- audits: unique(department_key)
select department_key, department, cost_center, sum(tickets)::bigint as tickets, sum(labour_cost) as labour_cost,
  sum(overhead_share) as overhead_share, sum(charge) as charge
from mart_financial.chargeback
group by all
