-- name: mart_asset.assets_by_state
-- grain: asset type, state
-- kind: view
-- description: How many assets there are by type and state, what they cost and what they are worth at the end of this month.
-- owner: assets
-- audits: unique(asset_type, state)
select coalesce(a.asset_type, 'Unknown') as asset_type, coalesce(a.state, 'Unknown') as state, count(*) as assets,
  sum(a.cost) as cost, sum(f.book_value) as book_value,
  count(*) filter (where f.past_end_of_life) as past_end_of_life
from operational.assets a
cross join core.today t
left join core.fact_assets_stored f on f.asset_key = a.key and f.month = t.month
where not a.is_deleted
group by all
