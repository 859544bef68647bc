-- name: uniqueness
-- severity: warn
-- entity: all
-- description: No two records of a run share their id and time and differ otherwise. Of such records the later in the delivery stays, which
--   nothing but its place speaks for. Records that are there twice, and older versions, are no violation: the balance counts them as superseded.
-- what_to_do: Look whether id and updated_at are mapped to the right columns, or map `version` if the source counts its changes.
select source, entity, null as id, 'id' as field, sum(ties)::varchar as value, '0' as expected,
  sum(ties) || ' records share id and time with another one that differs: the later one stays' as message
from meta.balances
where run_id between {{setting since_run}} and {{setting this_run}}
group by source, entity
having sum(ties) > 0
