-- name: core.asset_months
-- grain: month, asset type
-- kind: additive(month, asset_type)
-- from: core.fact_assets_stored
-- description: Assets by month and type: how many, how many of them have a value, that value and what they lost in the month. Deleted assets do not count.
-- owner: core
-- audits: unique(month, asset_type)
select month, asset_type, 1::integer as assets, (book_value is not null)::integer as valued,
  coalesce(book_value, 0)::decimal(18, 4) as book_value, coalesce(depreciation, 0)::decimal(18, 4) as depreciation
from {{source}}
where not is_deleted
