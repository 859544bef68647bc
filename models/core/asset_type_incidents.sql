-- name: core.asset_type_incidents
-- grain: month, asset type
-- kind: table
-- description: Tickets about assets of a type, by month of creation, of the months in which the asset was there.
-- owner: core
-- audits: unique(month, asset_type)
select i.month, a.asset_type, sum(i.incident_count)::bigint as incidents
from core.asset_states a
join core.asset_incidents i on i.asset_key = a.asset_key
where not a.is_deleted and i.month >= a.first_month and i.month <= a.last_month
group by all
