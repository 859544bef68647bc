-- name: mart_asset.value_by_month
-- grain: month, asset type
-- kind: view
-- description: Book value, accumulated depreciation, assets past the end of their life and incidents by month and type.
-- owner: assets
-- audits: unique(month, asset_type)
with incidents as (
  -- Of the months that an asset was there.
  select i.month, a.asset_type, sum(i.incident_count)::bigint as incidents
  from core.asset_states a
  join core.asset_incidents i on i.asset_key = a.asset_key
  where not a.is_deleted and i.month >= a.first_month and i.month <= a.last_month
  group by all
)
select m.month, m.asset_type, m.assets, case when m.costed > 0 then m.cost end as cost,
  case when m.valued > 0 then m.book_value end as book_value,
  case when m.valued > 0 then m.accumulated_depreciation end as accumulated_depreciation,
  m.past_end_of_life, coalesce(i.incidents, 0) as incidents, coalesce(i.incidents, 0) / m.assets as incidents_per_asset
from core.asset_months m
left join incidents i on i.month = m.month and i.asset_type = m.asset_type
