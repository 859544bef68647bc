-- name: core.survey_answers
-- grain: month of the answer, category
-- kind: additive(month, category_key)
-- from: core.fact_surveys_stored
-- description: Responses by month and category of the ticket: how many, the satisfied ones, and of those on a scale to 10 the promoters (9, 10)
--   and detractors (6 or less).
-- owner: core
-- audits: unique(month, category_key)
select try(make_date(date_key // 10000, date_key // 100 % 100, 1)) as month, category_key,
  1::integer as responses,
  (is_satisfied is not null)::integer as answers,
  coalesce(is_satisfied, false)::integer as satisfied,
  coalesce(max_score = 10 and score between 9 and 10, false)::integer as promoters,
  coalesce(max_score = 10 and score <= 6, false)::integer as detractors,
  coalesce(max_score = 10 and score <= 10, false)::integer as nps_answers
from {{source}}
where not is_deleted
