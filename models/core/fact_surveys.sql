-- name: core.fact_surveys
-- grain: one response
-- kind: view
-- description: Responses of requesters with the requester, agent and category of the ticket. An impossible score
--   (over the maximum) is neither satisfied nor not. is_deleted: the response or its ticket is.
-- owner: core
-- audits: unique(survey_key)
select survey_key, ticket_key, customer_key, agent_key, category_key, responded_at, date_key, score, max_score, is_satisfied, is_deleted
from core.fact_surveys_stored
