-- name: assets_references
-- severity: warn
-- entity: assets
-- description: Every requester_id, department_id of assets names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'requester_id' as field, key from (select distinct t.requester_key as key from {{source}} t where {{changed(t.key)}} and t.requester_id is not null)
  where key not in (select key from operational.requesters)
  union all
  select 'department_id' as field, key from (select distinct t.department_key as key from {{source}} t where {{changed(t.key)}} and t.department_id is not null)
  where key not in (select key from operational.departments)
)
select t.id, 'requester_id' as field, t.requester_id as value, 'There is no requester ' || t.requester_id as message
from {{source}} t
where {{changed(t.key)}} and t.requester_key in (select key from lost where field = 'requester_id')
union all
select t.id, 'department_id' as field, t.department_id as value, 'There is no department ' || t.department_id as message
from {{source}} t
where {{changed(t.key)}} and t.department_key in (select key from lost where field = 'department_id')
