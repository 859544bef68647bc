-- name: mart_financial.depreciation_by_month
-- grain: month, asset type
-- kind: view
-- description: How much value the assets lost in each month, by type.
-- owner: finance
-- audits: unique(month, asset_type)
select month, asset_type, case when valued > 0 then depreciation end as depreciation, case when valued > 0 then book_value end as book_value
from core.asset_months
