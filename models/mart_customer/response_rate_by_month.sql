-- name: mart_customer.response_rate_by_month
-- grain: month of resolution
-- kind: view
-- description: Of the tickets resolved in a month, the share whose requester answered the survey.
-- owner: customer
-- audits: unique(month)
select try(make_date(t.ended_date_key // 10000, t.ended_date_key // 100 % 100, 1)) as month, count(*) as resolved,
  count(s.ticket_key) as answered, count(s.ticket_key) / count(*) as response_rate
from core.fact_tickets_stored t
left join (select distinct ticket_key from core.fact_surveys_stored where not is_deleted) s on s.ticket_key = t.ticket_key
where t.ended_date_key is not null and not t.is_deleted
group by month
