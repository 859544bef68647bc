-- name: core.requester_quarters
-- grain: one requester and quarter with a ticket
-- kind: additive(requester_key, quarter)
-- from: operational.tickets
-- description: How many tickets a requester created in a quarter; deleted tickets do not count.
-- owner: core
-- audits: unique(requester_key, quarter)
select requester_key, date_trunc('quarter', reporting_date(created_at))::date as quarter, 1::integer as tickets
from {{source}}
where not is_deleted and requester_key is not null
