-- name: mart_asset.assets_by_state
-- grain: asset type, state
-- kind: view
-- description: How many assets there are by type and state, what they cost and what they are worth at the end of this month.
-- owner: assets
-- audits: unique(asset_type, state)
select asset_type, state, count(*) as assets, sum(cost) as cost, sum(book_value) as book_value,
  count(*) filter (where past_end_of_life) as past_end_of_life
from core.asset_states
where not is_deleted
group by all
