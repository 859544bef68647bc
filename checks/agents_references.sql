-- name: agents_references
-- severity: warn
-- entity: agents
-- description: Every group_id of agents names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
select t.id, 'group_id' as field, t.group_id as value, 'There is no group ' || t.group_id as message
from {{source}} t
where {{changed(t.key)}} and t.group_id is not null
  and not exists (select 1 from operational.groups r where r.key = t.group_key)
