-- name: core.dim_time
-- grain: one day
-- kind: table
-- description: Days of the reporting time zone, in whole years: from the first that a fact names to the last one, or today's.
-- owner: core
-- audits: unique(date_key), not_null(date)
with named as (
  select year from core.ticket_years
  union all
  select year from core.survey_years
  union all
  select year from core.time_entry_years
  union all
  select year from core.asset_years
  union all
  select year(today)::integer from core.today
), bounds as (
  select make_date(min(year), 1, 1) as first_day, make_date(max(year), 12, 31) as last_day from named
), days as (
  select unnest(generate_series(first_day, last_day, interval 1 day))::date as date from bounds
), holidays as (
  select * from {{setting holidays}} h(holiday_year, holiday_month, holiday_day)
)
select (year(date) * 10000 + month(date) * 100 + day(date))::integer as date_key, date,
  day(date)::integer as day, dayname(date) as day_name, week(date)::integer as iso_week,
  month(date)::integer as month, quarter(date)::integer as quarter, year(date)::integer as year,
  isodow(date) >= 6 as is_weekend,
  exists (select 1 from holidays h where h.holiday_month = month(date) and h.holiday_day = day(date)
    and h.holiday_year in (0, year(date))) as is_holiday
from days
