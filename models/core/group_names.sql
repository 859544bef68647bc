-- name: core.group_names
-- grain: one group that tickets or sources name
-- kind: view
-- description: What to call a group: its name, or its id where the source has no record of it. Key 0: no group.
-- owner: core
-- audits: unique(group_key)
select key as group_key, name as group_name from operational.groups
union all
select group_key, min(group_id) from core.referenced_groups
where group_key not in (select key from operational.groups)
group by group_key
union all
select 0, 'No group'
