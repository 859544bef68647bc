-- name: time_entries_references
-- severity: warn
-- entity: time_entries
-- description: Every ticket_id, agent_id of time_entries names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with lost as materialized (
  -- First the keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'agent_id' as field, key from (select distinct t.agent_key as key from {{source}} t where {{changed(t.key)}})
  where key is not null and key not in (select key from operational.agents)
  union all
  select 'ticket_id', t.ticket_key as key from {{source}} t
  where {{changed(t.key)}} and not exists (select 1 from operational.tickets r where r.key = t.ticket_key)
)
select t.id, 'ticket_id' as field, t.ticket_id as value, 'There is no ticket ' || t.ticket_id as message
from {{source}} t
where {{changed(t.key)}} and t.ticket_key in (select key from lost where field = 'ticket_id')
union all
select t.id, 'agent_id' as field, t.agent_id as value, 'There is no agent ' || t.agent_id as message
from {{source}} t
where {{changed(t.key)}} and t.agent_key in (select key from lost where field = 'agent_id')
