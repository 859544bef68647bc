-- name: mart_asset.warranty_expiring
-- grain: asset type
-- kind: view
-- description: Warranties that end within 30, 60 and 90 days from today (today included), and those that have ended.
-- owner: assets
-- audits: unique(asset_type)
select coalesce(a.asset_type, 'Unknown') as asset_type,
  count(*) filter (where a.warranty_expires_on - t.today between 0 and 30) as within_30_days,
  count(*) filter (where a.warranty_expires_on - t.today between 0 and 60) as within_60_days,
  count(*) filter (where a.warranty_expires_on - t.today between 0 and 90) as within_90_days,
  count(*) filter (where a.warranty_expires_on < t.today) as expired,
  count(*) filter (where a.warranty_expires_on is null) as without_warranty
from operational.assets a
cross join core.today t
where not a.is_deleted
group by 1
