-- name: departments_references
-- severity: warn
-- entity: departments
-- description: Every head_user_id of departments names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
select t.id, 'head_user_id' as field, t.head_user_id as value, 'There is no requester ' || t.head_user_id as message
from {{source}} t
where {{changed(t.key)}} and t.head_user_id is not null
  and not exists (select 1 from operational.requesters r where r.key = t.head_user_key)
