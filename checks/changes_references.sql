-- name: changes_references
-- severity: warn
-- entity: changes
-- description: Every requester_id, agent_id of changes names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with compared as (
  select t.* from {{source}} t where {{changed(t.key)}}
), lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'requester_id' as field, key from (select distinct requester_key as key from compared where requester_id is not null)
  where key not in (select key from operational.requesters)
  union all
  select 'agent_id' as field, key from (select distinct agent_key as key from compared where agent_id is not null)
  where key not in (select key from operational.agents)
)
select id, 'requester_id' as field, requester_id as value, 'There is no requester ' || requester_id as message
from compared
where requester_key in (select key from lost where field = 'requester_id')
union all
select id, 'agent_id' as field, agent_id as value, 'There is no agent ' || agent_id as message
from compared
where agent_key in (select key from lost where field = 'agent_id')
