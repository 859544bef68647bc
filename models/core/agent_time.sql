-- name: core.agent_time
-- grain: month, agent version
-- kind: additive(month, agent_key)
-- from: core.fact_time_tracking
-- derive: minutes = minutes_sum::decimal(18, 4)
-- derive: billable_minutes = billable_minutes_sum::decimal(18, 4)
-- derive: cost = cost_sum::decimal(18, 4)
-- description: Logged minutes and their cost by month of work and agent. Time on a deleted ticket was worked and paid, so it counts.
--   The sums have 38 digits, with which DuckDB computes a hundred times slower than with 18.
-- owner: core
-- audits: unique(month, agent_key)
select make_date(date_key // 10000, date_key // 100 % 100, 1) as month, agent_key,
  1::integer as entries, minutes as minutes_sum,
  case when billable then minutes else 0 end::decimal(18, 4) as billable_minutes_sum,
  coalesce(cost, 0)::decimal(18, 4) as cost_sum,
  (cost is null)::integer as entries_without_rate
from {{source}}
where not is_deleted
