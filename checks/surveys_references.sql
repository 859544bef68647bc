-- name: surveys_references
-- severity: warn
-- entity: surveys
-- description: Every ticket_id of surveys names a record that exists.
-- what_to_do: Extract the missing records, or correct the id at the source. Until then reports show the id alone, or Unknown.
select t.id, 'ticket_id' as field, t.ticket_id as value, 'There is no ticket ' || t.ticket_id as message
from {{source}} t
where {{changed(t.key)}} and t.ticket_id is not null
  and not exists (select 1 from operational.tickets r where r.key = t.ticket_key)
