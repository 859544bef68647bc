-- name: schema_drift
-- severity: warn
-- entity: all
-- description: No source has changed its columns since the run before.
-- what_to_do: Look at `action`, what was done about it (`deskhouse status`); map a new column, or mend the mapping of one that went. `contract` says what may change.
select source, entity, null as id, column_name as field, case change when 'retyped' then type_after else change end as value,
  case change when 'retyped' then type_before when 'added' then 'absent' else 'present' end as expected,
  'The column ' || column_name || ' was ' || change || ': ' || action as message
from meta.schema_changes
where run_id = {{setting this_run}}
