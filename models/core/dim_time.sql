-- name: core.dim_time
-- grain: one day
-- kind: table
-- description: Days of the reporting time zone, from the first year with a ticket to the year of now or of the last ticket.
-- owner: core
-- audits: unique(date_key), not_null(date)
with bounds as (
  select least(coalesce(min(d.ticket_date), min(t.today)), min(t.today)) as first_day,
    greatest(coalesce(max(d.ticket_date), max(t.today)), max(t.today)) as last_day
  from core.today t left join core.daily_ticket_summary d on true
), days as (
  select unnest(generate_series(date_trunc('year', first_day),
    date_trunc('year', last_day) + interval 1 year - interval 1 day, interval 1 day))::date as date
  from bounds
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
