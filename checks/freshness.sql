-- name: freshness
-- severity: warn
-- entity: all
-- description: The newest record of each source is not older than quality.max_age (30 min; of exactly that age it is good) at the time of the run.
-- what_to_do: Look whether the source is written to, whether its runs succeed, and whether updated_at is mapped in the right time zone. Of a source that ends, say max_age = "never".
with newest as (
  select source, max(newest_at) as newest_at from (
    select source, watermark as newest_at from meta.watermarks
    union all
    select source, max(updated_at) from operational.tickets group by source)
  group by source)
select source, null as id, 'updated_at' as field, newest_at::varchar as value,
  'not before ' || ({{as_of}} - to_seconds({{setting max_age_seconds}})) as expected,
  'The newest record of ' || source || ' is ' || epoch({{as_of}} - newest_at)::bigint // 60 || ' min old' as message
from newest
where newest_at < {{as_of}} - to_seconds({{setting max_age_seconds}})
