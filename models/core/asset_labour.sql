-- name: core.asset_labour
-- grain: one asset with work on its tickets
-- kind: additive(asset_key)
-- from: core.fact_time_tracking
-- derive: cost = cost_sum::decimal(18, 4)
-- description: Time entries logged on the tickets of an asset, and their cost; deleted ones do not count. The sum has 38 digits, with which
--   DuckDB computes a hundred times slower than with 18.
-- owner: core
-- audits: unique(asset_key)
select asset_key, 1::integer as entries, coalesce(cost, 0)::decimal(18, 4) as cost_sum
from {{source}}
where asset_key is not null and not is_deleted
