-- name: resolved_before_created
-- severity: warn
-- entity: tickets
-- description: No ticket is resolved before it was created.
-- what_to_do: Look for a wrong time zone or a swapped column in the mapping; else correct the time at the source. The ticket stays loaded, but counts in no mean and neither as met nor as breached.
select t.id, t.source, 'resolved_at' as field, t.resolved_at::varchar as value, 'Invalid resolution time' as message
from {{source}} t
where {{changed(t.key)}} and t.resolved_at < t.created_at
