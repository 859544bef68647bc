-- name: balance
-- severity: fail
-- entity: all
-- description: Each record of a run was loaded, unchanged, superseded or quarantined: the four add up to what was extracted.
-- what_to_do: This is a bug of Deskhouse: please report it with the output of `deskhouse status`.
select source, entity, null as id, 'extracted' as field, extracted::varchar as value,
  (loaded + unchanged + superseded + quarantined)::varchar as expected,
  extracted || ' records were extracted, and ' || (loaded + unchanged + superseded + quarantined) || ' are accounted for' as message
from meta.balances
where run_id = {{setting this_run}} and extracted <> loaded + unchanged + superseded + quarantined
