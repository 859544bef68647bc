-- name: time_entry_minutes
-- severity: warn
-- entity: time_entries
-- description: Minutes worked are not negative.
-- what_to_do: Correct the entry at the source; until then it lowers the cost of its ticket.
select t.id, t.source, 'minutes' as field, t.minutes::varchar as value, 'Negative minutes' as message
from {{source}} t
where {{changed(t.key)}} and t.minutes < 0
