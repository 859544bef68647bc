-- name: mart_financial.depreciation_by_month
-- grain: month, asset type
-- kind: view
-- description: How much value the assets lost in each month, by type.
-- owner: finance
-- audits: unique(month, asset_type)
with steps as (
  select f.month, coalesce(a.asset_type, 'Unknown') as asset_type, f.book_value,
    coalesce(lag(f.book_value) over (partition by f.asset_key order by f.month), a.cost) - f.book_value as depreciation
  from core.fact_assets_stored f
  join operational.assets a on a.key = f.asset_key
  where not a.is_deleted
)
select month, asset_type, sum(depreciation) as depreciation, sum(book_value) as book_value
from steps
group by month, asset_type
