-- name: mart_service_desk.sla_by_category
-- grain: month of creation, category
-- kind: view
-- description: Service level by month of creation and category: attainment is met / (met + breached).
-- owner: service desk
-- audits: unique(month, category), not_null(month)
select month, category, sum(tickets)::bigint as tickets, sum(met)::bigint as met, sum(breached)::bigint as breached,
  sum(met) / nullif(sum(met) + sum(breached), 0) as attainment
from core.ticket_topics
group by all
