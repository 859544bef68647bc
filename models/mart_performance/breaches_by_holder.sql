-- name: mart_performance.breaches_by_holder
-- grain: month of creation, agent who held the ticket when its time ran out
-- kind: view
-- description: Missed targets by the agent who held the ticket at that moment, not by the one who resolved it later.
-- owner: service desk
-- audits: unique(month, source, agent_id)
select t.created_month as month, t.source, coalesce(t.breach_agent_id, '') as agent_id,
  max(coalesce(a.name, t.breach_agent_id, 'Nobody')) as name, count(*) as breached
from core.fact_tickets_stored t
left join core.dim_agent a on a.source = t.source and a.agent_id = t.breach_agent_id and a.is_current
where t.sla_breached and not t.is_deleted
group by 1, 2, 3
