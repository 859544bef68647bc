-- name: mart_service_desk.daily_backlog
-- grain: day, priority
-- kind: view
-- description: Tickets in the backlog at the end of each day (created on or before it, not resolved by its end) and their age in days.
--   On the last day it is the number of open tickets.
-- owner: service desk
-- audits: unique(day, priority), not_null(day)
with bands as (
  select * from (values (0, 0, 2), (1, 2, 8), (2, 8, 31), (3, 31, null)) b(band, from_age, to_age)
), moves as (
  -- A ticket enters a band at its first day in it, and leaves at the first day of the next band or the day it ends.
  select (created_day + from_age)::date as day, priority, band, tickets
  from core.ticket_spans, bands
  where ended_day is null or ended_day > created_day + from_age
  union all
  select least(ended_day, created_day + to_age)::date, priority, band, -tickets
  from core.ticket_spans, bands
  where (ended_day is null or ended_day > created_day + from_age) and coalesce(ended_day, created_day + to_age) is not null
), changes as (
  select day, priority,
    sum(tickets) as total,
    sum(case when band = 0 then tickets else 0 end) as b0,
    sum(case when band = 1 then tickets else 0 end) as b1,
    sum(case when band = 2 then tickets else 0 end) as b2,
    sum(case when band = 3 then tickets else 0 end) as b3
  from moves
  group by day, priority
), grid as (
  select unnest(generate_series((select min(created_day) from core.ticket_spans), (select today from core.today), interval 1 day))::date as day,
    p.priority
  from (select distinct priority from core.ticket_spans) p
)
select g.day, g.priority,
  sum(coalesce(c.total, 0)) over running::bigint as backlog,
  sum(coalesce(c.b0, 0)) over running::bigint as age_0_1,
  sum(coalesce(c.b1, 0)) over running::bigint as age_2_7,
  sum(coalesce(c.b2, 0)) over running::bigint as age_8_30,
  sum(coalesce(c.b3, 0)) over running::bigint as age_over_30
from grid g
left join changes c on c.day = g.day and c.priority = g.priority
window running as (partition by g.priority order by g.day rows unbounded preceding)
