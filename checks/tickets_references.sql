-- name: tickets_references
-- severity: warn
-- entity: tickets
-- description: Every requester_id, assigned_to, group_id, department_id, asset_id, problem_id of tickets names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with compared as (
  select t.* from {{source}} t where {{changed(t.key)}}
), lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'requester_id' as field, key from (select distinct requester_key as key from compared where requester_id is not null)
  where key not in (select key from operational.requesters)
  union all
  select 'assigned_to' as field, key from (select distinct assigned_to_key as key from compared where assigned_to is not null)
  where key not in (select key from operational.agents)
  union all
  select 'group_id' as field, key from (select distinct group_key as key from compared where group_id is not null)
  where key not in (select key from operational.groups)
  union all
  select 'department_id' as field, key from (select distinct department_key as key from compared where department_id is not null)
  where key not in (select key from operational.departments)
  union all
  select 'asset_id' as field, key from (select distinct asset_key as key from compared where asset_id is not null)
  where key not in (select key from operational.assets)
  union all
  select 'problem_id' as field, key from (select distinct problem_key as key from compared where problem_id is not null)
  where key not in (select key from operational.problems)
)
select id, 'requester_id' as field, requester_id as value, 'There is no requester ' || requester_id as message
from compared
where requester_key in (select key from lost where field = 'requester_id')
union all
select id, 'assigned_to' as field, assigned_to as value, 'There is no agent ' || assigned_to as message
from compared
where assigned_to_key in (select key from lost where field = 'assigned_to')
union all
select id, 'group_id' as field, group_id as value, 'There is no group ' || group_id as message
from compared
where group_key in (select key from lost where field = 'group_id')
union all
select id, 'department_id' as field, department_id as value, 'There is no department ' || department_id as message
from compared
where department_key in (select key from lost where field = 'department_id')
union all
select id, 'asset_id' as field, asset_id as value, 'There is no asset ' || asset_id as message
from compared
where asset_key in (select key from lost where field = 'asset_id')
union all
select id, 'problem_id' as field, problem_id as value, 'There is no problem ' || problem_id as message
from compared
where problem_key in (select key from lost where field = 'problem_id')
