-- name: core.referenced_agents_by_tickets
-- grain: one agent whom tickets name
-- kind: additive(agent_key, source, agent_id)
-- from: operational.tickets
-- description: How many tickets, deleted ones too, are assigned to an agent; core.dim_agent infers members from it.
-- owner: core
-- audits: unique(agent_key)
select assigned_to_key as agent_key, source, assigned_to as agent_id, 1::integer as tickets
from {{source}}
where assigned_to_key is not null
