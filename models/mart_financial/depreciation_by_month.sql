-- name: mart_financial.depreciation_by_month
-- grain: month, asset type
-- kind: view
-- description: How much value the assets lost in each month, by type.
-- owner: finance
-- audits: unique(month, asset_type)
with steps as (
  select f.month, f.asset_key, f.book_value,
    f.accumulated_depreciation - coalesce(lag(f.accumulated_depreciation) over (partition by f.asset_key order by f.month), 0) as depreciation
  from core.fact_assets_stored f
  where not f.is_deleted
)
select s.month, coalesce(a.asset_type, 'Unknown') as asset_type, sum(s.depreciation) as depreciation, sum(s.book_value) as book_value
from steps s
join operational.assets a on a.key = s.asset_key
group by all
