-- name: core.customer_segments
-- grain: one requester
-- kind: view
-- description: Every requester with the segment of today: the first that holds of VIP (flagged), At Risk (at least 3 answers and
--   satisfaction under segments.at_risk_csat_below_percent), Heavy (at least segments.heavy_tickets tickets in this and the three quarters
--   before), Inactive (never a ticket), New (first ticket in this or the last quarter), Dormant (last ticket segments.dormant_quarters
--   or more quarters ago), Regular.
-- owner: core
-- audits: unique(requester_key), accepted(segment: VIP | At Risk | Heavy | Inactive | New | Dormant | Regular)
with contacts as (
  select requester_key, sum(tickets)::bigint as tickets, min(quarter) as first_quarter, max(quarter) as last_quarter,
    coalesce(sum(tickets) filter (where date_diff('quarter', quarter, t.quarter_now) between 0 and 3), 0)::bigint as recent_tickets
  from core.requester_quarters, (select quarter as quarter_now from core.today) t
  group by requester_key
), answers as (
  select c.requester_key, count(s.is_satisfied) as answers, count(*) filter (where s.is_satisfied) as satisfied
  from core.fact_surveys_stored s
  join core.dim_customer c on c.customer_key = s.customer_key
  where not s.is_deleted
  group by c.requester_key
), joined as (
  select c.requester_key, c.source, c.requester_id, c.name, c.department_key, c.department_id, coalesce(c.is_vip, false) as is_vip,
    coalesce(k.tickets, 0) as tickets, coalesce(k.recent_tickets, 0) as recent_tickets, k.first_quarter, k.last_quarter,
    coalesce(a.answers, 0) as answers, coalesce(a.satisfied, 0) as satisfied,
    date_diff('quarter', k.first_quarter, t.quarter) as quarters_since_first,
    date_diff('quarter', k.last_quarter, t.quarter) as quarters_since_last
  from core.dim_customer c
  cross join core.today t
  left join contacts k on k.requester_key = c.requester_key
  left join answers a on a.requester_key = c.requester_key
  where c.is_current and c.customer_key <> 0 and not c.is_deleted
)
select requester_key, source, requester_id, name, department_key, department_id, is_vip, tickets, recent_tickets,
  first_quarter, last_quarter, answers, satisfied, satisfied / nullif(answers, 0) as csat,
  case
    when is_vip then 'VIP'
    when answers >= 3 and satisfied * 100 < {{setting at_risk_csat_below_percent}} * answers then 'At Risk'
    when recent_tickets >= {{setting heavy_tickets}} then 'Heavy'
    when tickets = 0 then 'Inactive'
    when quarters_since_first <= 1 then 'New'
    when quarters_since_last >= {{setting dormant_quarters}} then 'Dormant'
    else 'Regular'
  end as segment
from joined
