-- name: core.asset_labour
-- grain: one asset with work on its tickets
-- kind: additive(asset_key)
-- from: core.fact_time_tracking
-- description: Time entries logged on the tickets of an asset, and their cost; deleted ones do not count.
-- owner: core
-- audits: unique(asset_key)
select asset_key, 1::integer as entries, coalesce(cost, 0)::decimal(18, 4) as cost
from {{source}}
where asset_key is not null and not is_deleted
