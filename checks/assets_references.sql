-- name: assets_references
-- severity: warn
-- entity: assets
-- description: Every requester_id, department_id of assets names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with compared as (
  select t.* from {{source}} t where {{changed(t.key)}}
), lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'requester_id' as field, key from (select distinct requester_key as key from compared where requester_id is not null)
  where key not in (select key from operational.requesters)
  union all
  select 'department_id' as field, key from (select distinct department_key as key from compared where department_id is not null)
  where key not in (select key from operational.departments)
)
select id, 'requester_id' as field, requester_id as value, 'There is no requester ' || requester_id as message
from compared
where requester_key in (select key from lost where field = 'requester_id')
union all
select id, 'department_id' as field, department_id as value, 'There is no department ' || department_id as message
from compared
where department_key in (select key from lost where field = 'department_id')
