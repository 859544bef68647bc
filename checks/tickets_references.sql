-- name: tickets_references
-- severity: warn
-- entity: tickets
-- description: Every requester_id, assigned_to, group_id, department_id, asset_id, problem_id of tickets names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
with lost as materialized (
  -- First the few distinct keys that lead nowhere, then their records: several times faster than a join of every record.
  select 'requester_id' as field, key from (select distinct t.requester_key as key from {{source}} t where {{changed(t.key)}} and t.requester_id is not null)
  where key not in (select key from operational.requesters)
  union all
  select 'assigned_to' as field, key from (select distinct t.assigned_to_key as key from {{source}} t where {{changed(t.key)}} and t.assigned_to is not null)
  where key not in (select key from operational.agents)
  union all
  select 'group_id' as field, key from (select distinct t.group_key as key from {{source}} t where {{changed(t.key)}} and t.group_id is not null)
  where key not in (select key from operational.groups)
  union all
  select 'department_id' as field, key from (select distinct t.department_key as key from {{source}} t where {{changed(t.key)}} and t.department_id is not null)
  where key not in (select key from operational.departments)
  union all
  select 'asset_id' as field, key from (select distinct t.asset_key as key from {{source}} t where {{changed(t.key)}} and t.asset_id is not null)
  where key not in (select key from operational.assets)
  union all
  select 'problem_id' as field, key from (select distinct t.problem_key as key from {{source}} t where {{changed(t.key)}} and t.problem_id is not null)
  where key not in (select key from operational.problems)
)
select t.id, 'requester_id' as field, t.requester_id as value, 'There is no requester ' || t.requester_id as message
from {{source}} t
where {{changed(t.key)}} and t.requester_key in (select key from lost where field = 'requester_id')
union all
select t.id, 'assigned_to' as field, t.assigned_to as value, 'There is no agent ' || t.assigned_to as message
from {{source}} t
where {{changed(t.key)}} and t.assigned_to_key in (select key from lost where field = 'assigned_to')
union all
select t.id, 'group_id' as field, t.group_id as value, 'There is no group ' || t.group_id as message
from {{source}} t
where {{changed(t.key)}} and t.group_key in (select key from lost where field = 'group_id')
union all
select t.id, 'department_id' as field, t.department_id as value, 'There is no department ' || t.department_id as message
from {{source}} t
where {{changed(t.key)}} and t.department_key in (select key from lost where field = 'department_id')
union all
select t.id, 'asset_id' as field, t.asset_id as value, 'There is no asset ' || t.asset_id as message
from {{source}} t
where {{changed(t.key)}} and t.asset_key in (select key from lost where field = 'asset_id')
union all
select t.id, 'problem_id' as field, t.problem_id as value, 'There is no problem ' || t.problem_id as message
from {{source}} t
where {{changed(t.key)}} and t.problem_key in (select key from lost where field = 'problem_id')
