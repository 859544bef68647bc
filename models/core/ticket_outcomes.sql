-- name: core.ticket_outcomes
-- grain: month of resolution, agent version, group
-- kind: additive(month, agent_key, group_key)
-- from: core.fact_tickets_stored
-- description: Resolved tickets by month of resolution, agent and group: first contact, first assignment, handoffs, reopenings.
-- owner: core
-- audits: unique(month, agent_key, group_key)
select date_trunc('month', greatest(reporting_date(ended_at), reporting_date(created_at)))::date as month, agent_key, group_key,
  1::integer as resolved,
  (reopen_count = 0 and reassignment_count = 0)::integer as first_contact,
  (reassignment_count = 0)::integer as first_assignment,
  (reopen_count > 0)::integer as reopened,
  reassignment_count as handoffs,
  (coalesce(resolved_at, ended_at) is not null and sla_breached is false)::integer as met,
  coalesce(sla_breached, false)::integer as breached,
  (resolution_hours is not null)::integer as timed,
  case when resolution_hours is null then 0 else epoch_us(resolved_at) - epoch_us(created_at) end::hugeint as resolution_us_sum
from {{source}}
where not is_deleted and not is_open
