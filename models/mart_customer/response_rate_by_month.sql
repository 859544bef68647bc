-- name: mart_customer.response_rate_by_month
-- grain: month of resolution
-- kind: view
-- description: Of the tickets resolved in a month, the share whose requester answered the survey.
-- owner: customer
-- audits: unique(month)
with resolved as (
  select ended_date_key // 100 as month_key, count(*) as resolved
  from core.fact_tickets_stored
  where ended_date_key is not null and not is_deleted
  group by month_key
), answered as (
  select ticket_ended_date_key // 100 as month_key, count(distinct ticket_key) as answered
  from core.fact_surveys_stored
  where ticket_ended_date_key is not null and not is_deleted
  group by month_key
)
select try(make_date(r.month_key // 100, r.month_key % 100, 1)) as month, r.resolved, coalesce(a.answered, 0) as answered,
  coalesce(a.answered, 0) / r.resolved as response_rate
from resolved r
left join answered a on a.month_key = r.month_key
