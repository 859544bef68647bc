-- name: core.fact_surveys
-- grain: one response
-- kind: view
-- description: Responses of requesters with the requester, agent and category of the ticket. An impossible score
--   (over the maximum) is neither satisfied nor not.
-- owner: core
-- audits: unique(survey_key)
select s.survey_key, s.ticket_key, coalesce(t.customer_key, 0) as customer_key, coalesce(t.agent_key, 0) as agent_key,
  coalesce(t.category_key, 0) as category_key, s.responded_at, s.date_key, s.score, s.max_score, s.is_satisfied,
  s.is_deleted or coalesce(t.is_deleted, false) as is_deleted
from core.fact_surveys_stored s
left join core.fact_tickets_stored t on t.ticket_key = s.ticket_key
