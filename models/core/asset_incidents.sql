-- name: core.asset_incidents
-- grain: one asset and month with a ticket
-- kind: additive(asset_key, month)
-- from: core.fact_tickets_stored
-- description: How many tickets about an asset were created in a month; deleted tickets do not count.
-- owner: core
-- audits: unique(asset_key, month)
select asset_key, date_trunc('month', reporting_date(created_at))::date as month, 1::integer as incident_count
from {{source}}
where asset_key is not null and not is_deleted
