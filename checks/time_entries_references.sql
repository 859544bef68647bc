-- name: time_entries_references
-- severity: warn
-- entity: time_entries
-- description: Every ticket_id, agent_id of time_entries names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with compared as (
  select t.* from {{source}} t where {{changed(t.key)}}
), lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'agent_id' as field, key from (select distinct agent_key as key from compared where agent_id is not null)
  where key not in (select key from operational.agents)
)
select id, 'ticket_id' as field, ticket_id as value, 'There is no ticket ' || ticket_id as message
from compared
where ticket_id is not null and not exists (select 1 from operational.tickets r where r.key = compared.ticket_key)
union all
select id, 'agent_id' as field, agent_id as value, 'There is no agent ' || agent_id as message
from compared
where agent_key in (select key from lost where field = 'agent_id')
