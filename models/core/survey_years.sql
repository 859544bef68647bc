-- name: core.survey_years
-- grain: one year
-- kind: additive(year)
-- from: core.fact_surveys_stored
-- description: How many dates of surveys fall into a year of the reporting time zone; what core.dim_time spans.
-- owner: core
-- audits: unique(year)
select year, 1::integer as dates
from (select date_key // 10000 as year from {{source}})
where year is not null
