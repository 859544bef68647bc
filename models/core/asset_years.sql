-- name: core.asset_years
-- grain: one year
-- kind: additive(year)
-- from: core.fact_assets_stored
-- description: How many dates of assets in use fall into a year of the reporting time zone; what core.dim_time spans.
-- owner: core
-- audits: unique(year)
select year, 1::integer as dates
from (select year(month)::integer as year from {{source}})
where year is not null
