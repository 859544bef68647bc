-- name: core.referenced_agents_by_time_entries
-- grain: one agent whom time entries name
-- kind: additive(agent_key, source, agent_id)
-- from: operational.time_entries
-- description: How many time entries, deleted ones too, an agent has; core.dim_agent infers members from it.
-- owner: core
-- audits: unique(agent_key)
select agent_key, source, agent_id, 1::integer as entries
from {{source}}
where agent_key is not null
