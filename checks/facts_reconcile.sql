-- name: facts_reconcile
-- severity: warn
-- entity: all
-- description: Every survey and time entry has its fact, and each fact its record.
-- what_to_do: Find the first difference with `deskhouse verify`, then `deskhouse rebuild`; a project's own model may leave rows out.
select entity, null as id, fact as field, facts::varchar as value, records::varchar as expected,
  fact || ' has ' || facts || ' rows of ' || records || ' ' || entity as message
from (
  select 'surveys' as entity, 'core.fact_surveys_stored' as fact, (select count(*) from core.fact_surveys_stored) as facts,
    (select count(*) from operational.surveys) as records
  union all
  select 'time_entries', 'core.fact_time_tracking', (select count(*) from core.fact_time_tracking), (select count(*) from operational.time_entries))
where facts <> records
