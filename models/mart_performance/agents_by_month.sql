-- name: mart_performance.agents_by_month
-- grain: month, agent
-- kind: view
-- description: What each agent did in a month: tickets resolved, the share resolved without a reopening or another agent (first contact),
--   without another agent (first assignment), handoffs, minutes logged, and utilisation (hours logged / hours scheduled up to today).
-- owner: service desk
-- audits: unique(month, agent_key)
with outcomes as not materialized (  -- named twice: materialised, it would be computed for all months, whichever are asked for
  select o.month, a.natural_key, sum(o.resolved) as resolved, sum(o.first_contact) as first_contact,
    sum(o.first_assignment) as first_assignment, sum(o.reopened) as reopened, sum(o.handoffs) as handoffs,
    sum(o.timed) as timed, sum(o.resolution_us_sum) as resolution_us_sum
  from core.ticket_outcomes o
  join core.dim_agent a on a.agent_key = o.agent_key
  where o.agent_key <> 0
  group by all
), logged as not materialized (
  select l.month, a.natural_key, sum(l.minutes) as minutes, sum(l.billable_minutes) as billable_minutes, sum(l.cost) as cost
  from core.agent_time l
  join core.dim_agent a on a.agent_key = l.agent_key
  where l.agent_key <> 0
  group by all
), active as (
  select month, natural_key from outcomes union select month, natural_key from logged
), scheduled as (
  -- The hours of the version that held at the end of the month; of the current month, the days up to today.
  select m.month, m.natural_key, a.weekly_hours, greatest(least(last_day(m.month), t.today) - m.month + 1, 0) as days
  from active m
  cross join core.today t
  join core.dim_agent a on a.natural_key = m.natural_key
    and a.valid_from <= last_day(m.month) and last_day(m.month) < coalesce(a.valid_to, timestamp 'infinity')
)
select m.month, m.natural_key as agent_key, c.source, c.agent_id, c.name,
  coalesce(o.resolved, 0)::bigint as resolved,
  coalesce(o.first_contact, 0)::bigint as first_contact, o.first_contact / o.resolved as first_contact_rate,
  coalesce(o.first_assignment, 0)::bigint as first_assignment, o.first_assignment / o.resolved as first_assignment_rate,
  coalesce(o.reopened, 0)::bigint as reopened, coalesce(o.handoffs, 0)::bigint as handoffs,
  o.resolution_us_sum / nullif(o.timed, 0) / 3600000000 as mean_resolution_hours,
  coalesce(l.minutes, 0)::decimal(38, 4) as handling_minutes, coalesce(l.billable_minutes, 0)::decimal(38, 4) as billable_minutes,
  l.minutes / nullif(o.resolved, 0) as minutes_per_resolved,
  round(s.weekly_hours * s.days / 7, 4)::decimal(18, 4) as scheduled_hours,
  coalesce(l.minutes, 0) / nullif(s.weekly_hours * s.days * 60, 0) * 7 as utilisation,
  coalesce(l.cost, 0)::decimal(38, 4) as labour_cost
from active m
left join outcomes o on o.month = m.month and o.natural_key = m.natural_key
left join logged l on l.month = m.month and l.natural_key = m.natural_key
left join scheduled s on s.month = m.month and s.natural_key = m.natural_key
join core.dim_agent c on c.natural_key = m.natural_key and c.is_current
