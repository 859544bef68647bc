-- name: core.asset_states
-- grain: one asset
-- kind: keyed(asset_key)
-- changed: select key from {{delta operational.assets}}
-- changed: select key from {{delta core.fact_assets_stored}}
-- description: Each asset as it stands in the current month: what it is worth, since when it is counted and in service.
-- owner: core
-- audits: unique(asset_key)
select a.key as asset_key, a.source, a.id as asset_id, a.name, coalesce(a.asset_type, 'Unknown') as asset_type,
  coalesce(a.state, 'Unknown') as state, a.cost, f.book_value, f.past_end_of_life, f.in_service_on,
  (f.month - to_months(f.months_in_use::integer))::date as first_month, f.month as last_month, a.is_deleted
from {{rows operational.assets.key}} a
left join {{rows core.fact_assets_stored.asset_key}} f on f.asset_key = a.key
  and f.month = date_trunc('month', reporting_date({{as_of}}))::date
