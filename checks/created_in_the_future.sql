-- name: created_in_the_future
-- severity: warn
-- entity: tickets
-- description: No ticket is created after the moment of the run.
-- what_to_do: Look for a wrong time zone or date format in the mapping, or a wrong clock at the source.
select t.id, t.source, 'created_at' as field, t.created_at::varchar as value, 'Created in the future' as message
from {{source}} t
where {{changed(t.key)}} and t.created_at > {{as_of}}
