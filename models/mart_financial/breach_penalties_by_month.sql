-- name: mart_financial.breach_penalties_by_month
-- grain: month of creation, priority
-- kind: view
-- description: What missed targets cost: tickets breached x finance.breach_penalty.
-- owner: finance
-- audits: unique(month, priority)
select date_trunc('month', created_day)::date as month, priority, sum(breached)::bigint as breached,
  (sum(breached)::bigint * {{setting breach_penalty}})::decimal(38, 4) as penalty
from core.ticket_spans
group by all
