-- name: mart_customer.response_rate_by_month
-- grain: month of resolution
-- kind: view
-- description: Of the tickets resolved in a month, the share whose requester answered the survey.
-- owner: customer
-- audits: unique(month)
with resolved as (
  select month, sum(resolved)::bigint as resolved from core.ticket_outcomes group by month
), answers as (
  select ticket_ended_month as month, ticket_key
  from core.fact_surveys_stored
  where not is_deleted
), answered as (
  select month, count(distinct ticket_key) as answered from answers group by month
)
select r.month, r.resolved, coalesce(a.answered, 0) as answered, coalesce(a.answered, 0) / r.resolved as response_rate
from resolved r
left join answered a on a.month = r.month
