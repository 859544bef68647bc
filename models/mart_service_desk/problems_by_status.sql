-- name: mart_service_desk.problems_by_status
-- grain: status, priority
-- kind: view
-- description: Problems by status and priority, and how many tickets they explain.
-- owner: service desk
-- audits: unique(status, priority)
select coalesce(p.status, 'Unknown') as status, coalesce(p.priority, 'Unknown') as priority,
  count(*) as problems, coalesce(sum(t.tickets), 0)::bigint as tickets
from operational.problems p
left join core.problem_tickets t on t.problem_key = p.key
where not p.is_deleted
group by all
