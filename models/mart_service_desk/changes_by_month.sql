-- name: mart_service_desk.changes_by_month
-- grain: month of creation, status, type
-- kind: table
-- description: Changes by month of creation (else of the last update), status and type.
-- owner: service desk
-- audits: unique(month, status, type)
select date_trunc('month', reporting_date(coalesce(created_at, updated_at)))::date as month,
  coalesce(status, 'Unknown') as status, coalesce(type, 'Unknown') as type, count(*) as changes
from operational.changes
where not is_deleted
group by all
