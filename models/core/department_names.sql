-- name: core.department_names
-- grain: one department that tickets or sources name
-- kind: view
-- description: What to call a department: its name, or its id where the source has no record of it. Key 0: no department.
-- owner: core
-- audits: unique(department_key)
select key as department_key, name as department, headcount, cost_center from operational.departments
union all
select department_key, min(department_id), null, null from core.referenced_departments
where department_key not in (select key from operational.departments)
group by department_key
union all
select 0, 'No department', null, null
