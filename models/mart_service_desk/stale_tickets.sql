-- name: mart_service_desk.stale_tickets
-- grain: one open ticket
-- kind: view
-- description: Open tickets that nobody has touched for 5 days or more.
-- owner: service desk
-- audits: unique(ticket_key)
select t.ticket_key, t.source, t.ticket_id, t.priority, t.status, t.category, a.name as agent, g.group_name,
  t.created_at, t.updated_at,
  (epoch_us(n.as_of) - epoch_us(t.updated_at)) // 86400000000 as days_untouched
from core.fact_tickets_stored t
cross join core.today n
left join core.dim_agent a on a.agent_key = t.agent_key and a.agent_key <> 0
join core.group_names g on g.group_key = t.group_key
where t.is_open and not t.is_deleted and t.updated_at <= n.as_of - interval 5 day
