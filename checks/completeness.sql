-- name: completeness
-- severity: warn
-- entity: all
-- description: No required field is empty in more records than quality.missing_percent allows (5 %; of exactly so many it is
--   good), over the latest runs that together read quality.min_sample records. Empty is what was filled with the default, or
--   sent the record to quarantine.
-- what_to_do: Find out why the source leaves the field empty, or whether its column is mapped; where it may be empty, say how often in [quality.missing].
with reads as (
  select b.source, b.entity, b.run_id, b.extracted,
    sum(b.extracted) over (partition by b.source, b.entity order by b.run_id desc) - b.extracted as later
  from meta.balances b join meta.runs r using (run_id)
  where b.extracted > 0 and r.kind <> 'replay' and b.run_id > {{setting this_run}} - 1000),
recent as (select * from reads where later < {{setting min_sample}}),
totals as (
  select source, entity, sum(extracted) as records from recent group by all having sum(extracted) >= {{setting min_sample}}),
empty_values as (
  select source, entity, c.field, c.defaulted as records from meta.field_counts c join recent using (run_id, source, entity)
  union all
  select source, entity, r.field, 1 from (
    select q.source, q.entity, unnest(from_json(q.reasons, '[{"field": "VARCHAR", "reason": "VARCHAR"}]')) as r
    from staging.quarantine q semi join recent using (run_id, source, entity))
  where r.reason = 'required, but empty' or starts_with(r.reason, 'the source no longer has the column')),
shares as (
  select source, entity, field, sum(e.records) as missing, any_value(t.records) as records, any_value(f.at_most) as at_most
  from empty_values e join totals t using (source, entity) join {{setting required_fields}} f(entity, field, at_most) using (entity, field)
  group by source, entity, field)
select source, entity, null as id, field, format('{:.4g} %', missing * 100.0 / records) as value,
  format('at most {:.4g} %', at_most::double) as expected, field || ' is empty in ' || missing || ' of ' || records || ' ' || entity as message
from shares
where missing * 100 > at_most * records
