-- name: mart_asset.value_by_month
-- grain: month, asset type
-- kind: view
-- description: Book value, accumulated depreciation, assets past the end of their life and incidents by month and type.
-- owner: assets
-- audits: unique(month, asset_type)
select f.month, coalesce(a.asset_type, 'Unknown') as asset_type, count(*) as assets, sum(f.cost) as cost,
  sum(f.book_value) as book_value, sum(f.accumulated_depreciation) as accumulated_depreciation,
  count(*) filter (where f.past_end_of_life) as past_end_of_life,
  sum(f.incident_count)::bigint as incidents, sum(f.incident_count) / count(*) as incidents_per_asset
from core.fact_assets f
join operational.assets a on a.key = f.asset_key
where not f.is_deleted
group by all
