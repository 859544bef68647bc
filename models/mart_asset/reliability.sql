-- name: mart_asset.reliability
-- grain: one asset
-- kind: view
-- description: How often each asset fails and what it costs in all: MTBF is the days in service / incidents; total cost of ownership is the
--   purchase price and the work logged on its tickets.
-- owner: assets
-- audits: unique(asset_key)
select a.asset_key, a.source, a.asset_id, a.name, a.asset_type,
  coalesce(i.incidents, 0) as incidents,
  greatest(coalesce(t.today - a.in_service_on, 0), 0) as days_in_service,
  greatest(t.today - a.in_service_on, 0) / nullif(i.incidents, 0) as mtbf_days,
  a.cost, coalesce(w.cost, 0)::decimal(18, 4) as support_cost,
  (a.cost + coalesce(w.cost, 0))::decimal(18, 4) as total_cost_of_ownership
from core.asset_states a
cross join core.today t
left join core.asset_tickets i on i.asset_key = a.asset_key
left join core.asset_labour w on w.asset_key = a.asset_key
where not a.is_deleted
