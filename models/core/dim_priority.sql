-- name: core.dim_priority
-- grain: one priority
-- kind: table
-- description: Priorities in order, with the targets of the default policy (a group, category or type may have others). Key 0: unknown.
-- owner: core
-- audits: unique(priority_key), not_null(name)
select rank::integer as priority_key, name, rank::integer as rank,
  response_minutes::double as response_target_minutes, resolution_hours::double as resolution_target_hours
from {{setting priorities}} p(rank, name, response_minutes, resolution_hours)
union all
select 0, 'Unknown', 0, null, null
