-- name: mart_customer.satisfaction_by_month
-- grain: month of the answer
-- kind: view
-- description: What requesters answered: CSAT is the share that gave at least 80 % of the points; NPS (only answers on a scale to 10) is the
--   share of promoters (9, 10) minus that of detractors (6 or less), in points from -100 to 100.
-- owner: customer
-- audits: unique(month)
with answers as (
  -- Of the tickets only the deleted ones are looked up, which are few. NOT IN, because NOT EXISTS gathers all keys of the surveys first.
  select date_key, is_satisfied, score, max_score
  from core.fact_surveys_stored
  where not is_deleted and (ticket_key is null or ticket_key not in (select ticket_key from core.fact_tickets_stored where is_deleted))
)
select try(make_date(date_key // 10000, date_key // 100 % 100, 1)) as month,
  count(is_satisfied) as answers, count(*) filter (where is_satisfied) as satisfied,
  count(*) filter (where is_satisfied) / nullif(count(is_satisfied), 0) as csat,
  count(*) filter (where max_score = 10 and score between 9 and 10) as promoters,
  count(*) filter (where max_score = 10 and score <= 6) as detractors,
  count(*) filter (where max_score = 10 and score <= 10) as nps_answers,
  100 * (count(*) filter (where max_score = 10 and score between 9 and 10) - count(*) filter (where max_score = 10 and score <= 6))
    / nullif(count(*) filter (where max_score = 10 and score <= 10), 0) as nps
from answers
group by month
