-- name: change_window
-- severity: warn
-- entity: changes
-- description: A planned window ends after it starts.
-- what_to_do: Correct the window at the source.
select t.id, t.source, 'planned_end_at' as field, t.planned_end_at::varchar as value, 'The window ends before it starts' as message
from {{source}} t
where {{changed(t.key)}} and t.planned_end_at < t.planned_start_at
