-- name: mart_customer.satisfaction_by_category
-- grain: category
-- kind: view
-- description: CSAT by category of the ticket.
-- owner: customer
-- audits: unique(category)
select c.category, count(s.is_satisfied) as answers, count(*) filter (where s.is_satisfied) as satisfied,
  count(*) filter (where s.is_satisfied) / nullif(count(s.is_satisfied), 0) as csat
from core.fact_surveys s
join core.dim_category c on c.category_key = s.category_key
where not s.is_deleted
group by c.category
