-- name: mart_customer.segments
-- grain: segment
-- kind: view
-- description: How many requesters are in each segment of today, and how much they ask. core.customer_segments says who and by which rule.
-- owner: customer
-- audits: unique(segment)
select segment, count(*) as requesters, sum(tickets)::bigint as tickets, sum(recent_tickets)::bigint as recent_tickets,
  sum(satisfied) / nullif(sum(answers), 0) as csat
from core.customer_segments
group by segment
