-- name: core.asset_months
-- grain: month, asset type
-- kind: additive(month, asset_type)
-- from: core.fact_assets_stored
-- description: Assets by month and type: how many, how many of them have a cost and a value, both, what they have lost since they were bought
--   and in the month, and how many are past the end of their life. Deleted assets do not count.
-- owner: core
-- audits: unique(month, asset_type)
select month, asset_type, 1::integer as assets, (cost is not null)::integer as costed, (book_value is not null)::integer as valued,
  coalesce(cost, 0)::decimal(18, 4) as cost, coalesce(book_value, 0)::decimal(18, 4) as book_value,
  coalesce(cost - book_value, 0)::decimal(18, 4) as accumulated_depreciation, coalesce(past_end_of_life, false)::integer as past_end_of_life,
  coalesce(depreciation, 0)::decimal(18, 4) as depreciation
from {{source}}
where not is_deleted
