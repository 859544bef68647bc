-- name: response_before_created
-- severity: warn
-- entity: tickets
-- description: No ticket is answered before it was created.
-- what_to_do: Look for a wrong time zone or a swapped column in the mapping; else correct the time at the source. The answer counts in no mean.
select t.id, t.source, 'first_response_at' as field, t.first_response_at::varchar as value, 'Invalid first response time' as message
from {{source}} t
where {{changed(t.key)}} and t.first_response_at < t.created_at
