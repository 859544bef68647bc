-- name: mart_customer.contact_rate_by_department
-- grain: month of creation, department
-- kind: view
-- description: Tickets per head: how often a department asks for help, for its size.
-- owner: customer
-- audits: unique(month, department_key)
with monthly as (
  select month, department_key, sum(tickets)::bigint as tickets from core.ticket_topics group by all
)
select t.month, t.department_key, d.department,
  t.tickets, d.headcount, t.tickets / nullif(d.headcount, 0) as contacts_per_head
from monthly t
join core.department_names d on d.department_key = t.department_key
