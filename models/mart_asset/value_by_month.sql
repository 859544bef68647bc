-- name: mart_asset.value_by_month
-- grain: month, asset type
-- kind: view
-- description: Book value, accumulated depreciation, assets past the end of their life and incidents by month and type.
-- owner: assets
-- audits: unique(month, asset_type)
select m.month, m.asset_type, m.assets, case when m.costed > 0 then m.cost end as cost,
  case when m.valued > 0 then m.book_value end as book_value,
  case when m.valued > 0 then m.accumulated_depreciation end as accumulated_depreciation,
  m.past_end_of_life, coalesce(i.incidents, 0) as incidents, coalesce(i.incidents, 0) / m.assets as incidents_per_asset
from core.asset_months m
left join core.asset_type_incidents i on i.month = m.month and i.asset_type = m.asset_type
