-- name: core.asset_tickets
-- grain: one asset with a ticket
-- kind: additive(asset_key)
-- from: core.fact_tickets_stored
-- description: How many tickets an asset has had; deleted ones do not count. core.asset_incidents has them by month.
-- owner: core
-- audits: unique(asset_key)
select asset_key, 1::integer as incidents
from {{source}}
where asset_key is not null and not is_deleted
