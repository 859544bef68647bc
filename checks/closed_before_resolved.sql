-- name: closed_before_resolved
-- severity: warn
-- entity: tickets
-- description: No ticket is closed before it was resolved.
-- what_to_do: Correct the time at the source.
select t.id, t.source, 'closed_at' as field, t.closed_at::varchar as value, 'Closed before it was resolved' as message
from {{source}} t
where {{changed(t.key)}} and t.closed_at < t.resolved_at
