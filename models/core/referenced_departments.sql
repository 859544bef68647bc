-- name: core.referenced_departments
-- grain: one department that tickets name
-- kind: additive(department_key, department_id)
-- from: core.fact_tickets_stored
-- description: How many tickets, deleted ones too, come from a department; core.department_names has from it those that no source describes.
-- owner: core
-- audits: unique(department_key)
select department_key, department_id, 1::integer as tickets
from {{source}}
where department_key <> 0
