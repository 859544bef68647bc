-- name: mart_customer.satisfaction_by_category
-- grain: category
-- kind: view
-- description: CSAT by category of the ticket.
-- owner: customer
-- audits: unique(category)
select c.category, sum(s.answers)::bigint as answers, sum(s.satisfied)::bigint as satisfied,
  sum(s.satisfied) / nullif(sum(s.answers), 0) as csat
from core.survey_answers s
join core.dim_category c on c.category_key = s.category_key
group by c.category
