-- name: core.referenced_groups
-- grain: one group that tickets name
-- kind: additive(group_key, group_id)
-- from: core.fact_tickets_stored
-- description: How many tickets, deleted ones too, are with a group; core.group_names has from it those that no source describes.
-- owner: core
-- audits: unique(group_key)
select group_key, group_id, 1::integer as tickets
from {{source}}
where group_key <> 0
