-- name: core.fact_surveys_stored
-- grain: one response
-- kind: keyed(survey_key)
-- changed: select key from {{delta operational.surveys}}
-- changed: select survey_key from core.fact_surveys_stored where ticket_key in (
--   select coalesce(o.ticket_key, n.ticket_key) from {{old core.fact_tickets_stored}} o
--   full join {{new core.fact_tickets_stored}} n on n.ticket_key = o.ticket_key
--   where o.customer_key is distinct from n.customer_key or o.agent_key is distinct from n.agent_key or o.category_key is distinct from n.category_key
--     or o.ended_date_key is distinct from n.ended_date_key or o.is_deleted is distinct from n.is_deleted)
-- slices: operational.surveys.key
-- slice_rows: 500000
-- description: Responses of requesters with the requester, agent and category of the ticket, 0 for one that is not known, and the day on
--   which it ended. An impossible score (over the maximum) is neither satisfied nor not. Satisfied: at least 80 % of the points.
--   is_deleted: the response or its ticket is.
-- owner: core
-- audits: unique(survey_key), not_null(responded_at)
with dated as (
  select *, reporting_date(responded_at) as responded_on
  from {{rows operational.surveys.key}}
)
select d.key as survey_key, d.ticket_key, coalesce(t.customer_key, 0) as customer_key, coalesce(t.agent_key, 0) as agent_key,
  coalesce(t.category_key, 0) as category_key, d.responded_at,
  (year(responded_on) * 10000 + month(responded_on) * 100 + day(responded_on))::integer as date_key,
  t.ended_date_key as ticket_ended_date_key,
  make_date(t.ended_date_key // 10000, t.ended_date_key // 100 % 100, 1) as ticket_ended_month, d.score, d.max_score,
  case when d.score <= d.max_score and d.max_score > 0 then d.score >= 0.8 * d.max_score end as is_satisfied,
  d.is_deleted or coalesce(t.is_deleted, false) as is_deleted
from {{rows core.fact_tickets_stored.ticket_key of operational.surveys.key.ticket_key}} t
right join dated d on d.ticket_key = t.ticket_key
