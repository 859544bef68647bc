-- name: mart_customer.satisfaction_by_month
-- grain: month of the answer
-- kind: view
-- description: What requesters answered: CSAT is the share that gave at least 80 % of the points; NPS (only answers on a scale to 10) is the
--   share of promoters (9, 10) minus that of detractors (6 or less), in points from -100 to 100.
-- owner: customer
-- audits: unique(month)
select month, sum(answers)::bigint as answers, sum(satisfied)::bigint as satisfied, sum(satisfied) / nullif(sum(answers), 0) as csat,
  sum(promoters)::bigint as promoters, sum(detractors)::bigint as detractors, sum(nps_answers)::bigint as nps_answers,
  100 * (sum(promoters) - sum(detractors)) / nullif(sum(nps_answers), 0) as nps
from core.survey_answers
group by month
