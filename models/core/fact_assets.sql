-- name: core.fact_assets
-- grain: one asset and month, from the month of purchase (else of its record) to the current month
-- kind: view
-- description: Value, warranty and incidents of each asset by month; days of warranty left are those at the end of the month.
-- owner: core
-- audits: unique(asset_key, month)
select a.*, coalesce(i.incident_count, 0)::bigint as incident_count
from core.fact_assets_stored a
left join core.asset_incidents i on i.asset_key = a.asset_key and i.month = a.month
