-- name: core.fact_time_tracking
-- grain: one time entry
-- kind: keyed(entry_key)
-- changed: select key from {{delta operational.time_entries}}
-- changed: select entry_key from core.fact_time_tracking where agent_key in (
--   select agent_key from (select agent_key, valid_from, valid_to, hourly_cost from {{old core.dim_agent}}
--   except select agent_key, valid_from, valid_to, hourly_cost from {{new core.dim_agent}}))
-- changed: select entry_key from core.fact_time_tracking where ticket_key in (
--   select coalesce(o.ticket_key, n.ticket_key) from {{old core.fact_tickets_stored}} o
--   full join {{new core.fact_tickets_stored}} n on n.ticket_key = o.ticket_key
--   where o.category_key is distinct from n.category_key
--     or o.department_key is distinct from n.department_key or o.asset_key is distinct from n.asset_key or o.is_deleted is distinct from n.is_deleted)
-- slices: operational.time_entries.key
-- slice_rows: 500000
-- partition_by: worked_at
-- description: Time that agents logged, with its cost at the agent's rate of that day, and what its ticket was about. An entry that does not
--   say when the work was done counts when it was made; one of a deleted or unknown ticket has category and department 0.
-- owner: core
-- audits: unique(entry_key), not_null(worked_at)
with dated as (
  select *, coalesce(worked_on, created_at, updated_at) as worked_at,
    reporting_date(coalesce(worked_on, created_at, updated_at)) as worked_day
  from {{rows operational.time_entries.key}}
), priced as (
  select e.*, a.agent_key as version_key, labour_cost(e.minutes, a.hourly_cost) as cost
  from dated e
  left join core.dim_agent a on a.natural_key = e.agent_key
    and e.worked_at >= a.valid_from and e.worked_at < coalesce(a.valid_to, timestamp 'infinity')
)
select p.key as entry_key, p.ticket_key, coalesce(p.version_key, 0) as agent_key, coalesce(t.category_key, 0) as category_key,
  coalesce(t.department_key, 0) as department_key, t.asset_key, p.worked_at,
  (year(worked_day) * 10000 + month(worked_day) * 100 + day(worked_day))::integer as date_key,
  p.minutes, p.cost,
  coalesce(p.billable, false) as billable, p.is_deleted
from (from {{rows core.fact_tickets_stored.ticket_key of operational.time_entries.key.ticket_key}} where not is_deleted) t
right join priced p on p.ticket_key = t.ticket_key
