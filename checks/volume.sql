-- name: volume
-- severity: warn
-- entity: all
-- description: The tickets of the last whole day do not differ by more than quality.volume_percent (50 %) from the median of the same weekdays of the
--   weeks before (quality.volume_weeks, 8). Holidays of [reporting] are not judged, and have no part in the median.
-- what_to_do: Of too few, look whether a delivery is missing (`deskhouse status`); of too many, whether something has failed or records came twice.
with holidays as (from {{setting holidays}} h(year, month, day)),
judged as (select reporting_date({{as_of}}) - 1 as day),
days as (
  select d.day, coalesce(sum(s.ticket_count), 0)::bigint as tickets
  from (select j.day - 7 * w.week::integer as day from judged j, range(0, {{setting volume_weeks}} + 1) w(week)) d
  left join core.daily_ticket_summary s on s.ticket_date = d.day
  where not exists (select 1 from holidays h where h.month = month(d.day) and h.day = day(d.day) and h.year in (0, year(d.day)))
  group by d.day),
before as (
  select median(tickets) as usual, sum(tickets) as tickets, count(*) as weeks from days
  where day < (select day from judged) and day >= (select min(ticket_date) from core.daily_ticket_summary))
select 'tickets' as entity, null as id, 'created_at' as field, d.tickets::varchar as value,
  format('{:.0f} to {:.0f}', floor(b.usual * (1 - {{setting volume_percent}} / 100)), ceil(b.usual * (1 + {{setting volume_percent}} / 100))) as expected,
  d.tickets || ' tickets were created on ' || dayname(d.day) || ' ' || d.day || ', usual are ' || b.usual::bigint as message
from days d, before b
where d.day = (select day from judged) and b.weeks >= 3 and b.tickets >= {{setting min_sample}}
  and abs(d.tickets - b.usual) * 100 > b.usual * {{setting volume_percent}}
