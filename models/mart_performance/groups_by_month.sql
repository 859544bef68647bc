-- name: mart_performance.groups_by_month
-- grain: month, group
-- kind: view
-- description: What each team resolved in a month: first-contact and first-assignment resolution, handoffs, service level, mean hours.
-- owner: service desk
-- audits: unique(month, group_key)
select o.month, o.group_key, g.group_name,
  sum(o.resolved)::bigint as resolved,
  sum(o.first_contact)::bigint as first_contact, sum(o.first_contact) / sum(o.resolved) as first_contact_rate,
  sum(o.first_assignment)::bigint as first_assignment, sum(o.first_assignment) / sum(o.resolved) as first_assignment_rate,
  sum(o.reopened)::bigint as reopened, sum(o.handoffs)::bigint as handoffs,
  sum(o.met)::bigint as met, sum(o.breached)::bigint as breached,
  sum(o.met) / nullif(sum(o.met) + sum(o.breached), 0) as attainment,
  sum(o.resolution_us_sum) / nullif(sum(o.timed), 0) / 3600000000 as mean_resolution_hours
from core.ticket_outcomes o
join core.group_names g on g.group_key = o.group_key
group by all
