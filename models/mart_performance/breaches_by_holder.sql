-- name: mart_performance.breaches_by_holder
-- grain: month of creation, agent who held the ticket when its time ran out
-- kind: view
-- description: Missed targets by the agent who held the ticket at that moment, not by the one who resolved it later.
-- owner: service desk
-- audits: unique(month, source, agent_id)
with breached as (
  select created_month as month, source, breach_agent_id, count(*) as breached
  from core.fact_tickets_stored
  where sla_breached and not is_deleted
  group by 1, 2, 3
), named as (
  select source, agent_id, max(name) as name from core.dim_agent where is_current group by 1, 2
)
select b.month, b.source, coalesce(b.breach_agent_id, '') as agent_id,
  max(coalesce(a.name, b.breach_agent_id, 'Nobody')) as name, sum(b.breached)::bigint as breached
from breached b
left join named a on a.source = b.source and a.agent_id = b.breach_agent_id
group by 1, 2, 3
