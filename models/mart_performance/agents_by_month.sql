-- name: mart_performance.agents_by_month
-- grain: month, agent
-- kind: view
-- description: What each agent did in a month: tickets resolved, the share resolved without a reopening or another agent (first contact),
--   without another agent (first assignment), handoffs, minutes logged, and utilisation (hours logged / hours scheduled up to today).
-- owner: service desk
-- audits: unique(month, agent_key)
with done as (  -- one list of both, so that what asks for some months reads no others
  select month, agent_key, resolved, first_contact, first_assignment, reopened, handoffs, timed, resolution_us_sum
  from core.ticket_outcomes
  union all by name
  select month, agent_key, minutes, billable_minutes, cost
  from core.agent_time
), active as (
  select d.month, a.natural_key, sum(d.resolved) as resolved, sum(d.first_contact) as first_contact,
    sum(d.first_assignment) as first_assignment, sum(d.reopened) as reopened, sum(d.handoffs) as handoffs,
    sum(d.timed) as timed, sum(d.resolution_us_sum) as resolution_us_sum,
    sum(d.minutes)::decimal(18, 4) as minutes, sum(d.billable_minutes)::decimal(18, 4) as billable_minutes,
    sum(d.cost)::decimal(18, 4) as cost
  from done d
  join core.dim_agent a on a.agent_key = d.agent_key
  where d.agent_key <> 0
  group by all
), scheduled as (
  -- The hours of the version that held at the end of the month; of the current month, the days up to today.
  select m.*, a.weekly_hours, greatest(least(last_day(m.month), t.today) - m.month + 1, 0) as days
  from active m
  cross join core.today t
  left join core.dim_agent a on a.natural_key = m.natural_key
    and a.valid_from <= last_day(m.month) and last_day(m.month) < coalesce(a.valid_to, timestamp 'infinity')
)
select m.month, m.natural_key as agent_key, c.source, c.agent_id, c.name,
  coalesce(m.resolved, 0)::bigint as resolved,
  coalesce(m.first_contact, 0)::bigint as first_contact, m.first_contact / m.resolved as first_contact_rate,
  coalesce(m.first_assignment, 0)::bigint as first_assignment, m.first_assignment / m.resolved as first_assignment_rate,
  coalesce(m.reopened, 0)::bigint as reopened, coalesce(m.handoffs, 0)::bigint as handoffs,
  m.resolution_us_sum / nullif(m.timed, 0) / 3600000000 as mean_resolution_hours,
  coalesce(m.minutes, 0)::decimal(18, 4) as handling_minutes, coalesce(m.billable_minutes, 0)::decimal(18, 4) as billable_minutes,
  m.minutes / nullif(m.resolved, 0) as minutes_per_resolved,
  round(m.weekly_hours * m.days / 7, 4)::decimal(18, 4) as scheduled_hours,
  coalesce(m.minutes, 0) / nullif(m.weekly_hours * m.days * 60, 0) * 7 as utilisation,
  coalesce(m.cost, 0)::decimal(18, 4) as labour_cost
from scheduled m
join core.dim_agent c on c.natural_key = m.natural_key and c.is_current
