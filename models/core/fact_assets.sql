-- name: core.fact_assets
-- grain: one asset and month, from the month of purchase (else of its record) to the current month
-- kind: view
-- description: Value, warranty and incidents of each asset by month; days of warranty left are those at the end of the month.
-- owner: core
-- audits: unique(asset_key, month)
select f.asset_key, f.month, (year(f.month) * 10000 + month(f.month) * 100 + 1)::integer as date_key, f.months_in_use,
  f.cost, f.book_value, (f.cost - f.book_value)::decimal(18, 4) as accumulated_depreciation,
  (a.warranty_expires_on - last_day(f.month))::bigint as warranty_days_left,
  coalesce(i.incident_count, 0)::bigint as incident_count,
  f.past_end_of_life, f.is_deleted
from core.fact_assets_stored f
join operational.assets a on a.key = f.asset_key
left join core.asset_incidents i on i.asset_key = f.asset_key and i.month = f.month
