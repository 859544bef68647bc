-- name: requesters_references
-- severity: warn
-- entity: requesters
-- description: Every department_id of requesters names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
select t.id, 'department_id' as field, t.department_id as value, 'There is no department ' || t.department_id as message
from {{source}} t
where {{changed(t.key)}} and t.department_id is not null
  and not exists (select 1 from operational.departments r where r.key = t.department_key)
