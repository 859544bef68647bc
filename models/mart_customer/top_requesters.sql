-- name: mart_customer.top_requesters
-- grain: one requester
-- kind: view
-- description: The 100 requesters with the most tickets in this and the three quarters before.
-- owner: customer
-- audits: unique(requester_key)
with most as (
  from core.customer_segments
  where recent_tickets > 0
  order by recent_tickets desc, tickets desc, source, requester_id
  limit 100
)
select row_number() over (order by recent_tickets desc, tickets desc, source, requester_id) as rank,
  requester_key, source, requester_id, name, department_id, segment, recent_tickets, tickets, csat
from most
