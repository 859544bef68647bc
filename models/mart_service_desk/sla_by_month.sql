-- name: mart_service_desk.sla_by_month
-- grain: month of creation, priority
-- kind: view
-- description: Service level by month of creation and priority: attainment is met / (met + breached). An open ticket that is still in time
--   counts as neither; one that ran over counts as breached at once.
-- owner: service desk
-- audits: unique(month, priority), not_null(month)
select date_trunc('month', created_day)::date as month, priority, sum(tickets)::bigint as tickets,
  sum(met)::bigint as met, sum(breached)::bigint as breached,
  sum(met) / nullif(sum(met) + sum(breached), 0) as attainment,
  sum(response_met)::bigint as response_met, sum(response_breached)::bigint as response_breached,
  sum(response_met) / nullif(sum(response_met) + sum(response_breached), 0) as response_attainment
from core.ticket_spans
group by all
