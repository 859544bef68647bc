-- name: core.agent_time
-- grain: month, agent version
-- kind: additive(month, agent_key)
-- from: core.fact_time_tracking
-- description: Logged minutes and their cost by month of work and agent. Time on a deleted ticket was worked and paid, so it counts.
-- owner: core
-- audits: unique(month, agent_key)
select make_date(date_key // 10000, date_key // 100 % 100, 1) as month, agent_key,
  1::integer as entries, minutes,
  case when billable then minutes else 0 end::decimal(18, 4) as billable_minutes,
  coalesce(cost, 0)::decimal(18, 4) as cost,
  (cost is null)::integer as entries_without_rate
from {{source}}
where not is_deleted
