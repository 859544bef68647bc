-- name: core.fact_surveys_stored
-- grain: one response
-- kind: keyed(survey_key)
-- changed: select key from {{delta operational.surveys}}
-- description: Responses of requesters, as stored; core.fact_surveys adds the ticket's people. Satisfied: at least 80 % of the points.
-- owner: core
-- audits: unique(survey_key), not_null(responded_at)
with dated as (
  select *, reporting_date(responded_at) as responded_on
  from {{rows operational.surveys.key}}
)
select key as survey_key, ticket_key, responded_at,
  (year(responded_on) * 10000 + month(responded_on) * 100 + day(responded_on))::integer as date_key,
  score, max_score,
  case when score <= max_score and max_score > 0 then score >= 0.8 * max_score end as is_satisfied, is_deleted
from dated
