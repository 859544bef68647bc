-- name: core.customer_segments
-- grain: one requester
-- kind: keyed(requester_key)
-- changed: select key from {{delta core.dim_customer}}
-- changed: select key from {{delta core.requester_quarters}}
-- changed: select requester_key from core.dim_customer where customer_key in (select key from {{delta core.customer_answers}})
-- changed: select requester_key from core.dim_customer
--   where date_trunc('quarter', reporting_date({{as_of}})) <> date_trunc('quarter', reporting_date({{previous_as_of}}))
-- description: Every requester with the segment of today: the first that holds of VIP (flagged), At Risk (at least 3 answers and
--   satisfaction under segments.at_risk_csat_below_percent), Heavy (at least segments.heavy_tickets tickets in this and the three quarters
--   before), Inactive (never a ticket), New (first ticket in this or the last quarter), Dormant (last ticket segments.dormant_quarters
--   or more quarters ago), Regular.
-- owner: core
-- audits: unique(requester_key), accepted(segment: VIP | At Risk | Heavy | Inactive | New | Dormant | Regular)
with now as (
  select date_trunc('quarter', reporting_date({{as_of}}))::date as quarter
), contacts as (
  select requester_key, sum(tickets)::bigint as tickets, min(q.quarter) as first_quarter, max(q.quarter) as last_quarter,
    coalesce(sum(tickets) filter (where date_diff('quarter', q.quarter, now.quarter) between 0 and 3), 0)::bigint as recent_tickets
  from {{rows core.requester_quarters.requester_key}} q, now
  group by requester_key
), members as (
  select requester_key, customer_key, source, requester_id, name, department_key, department_id, is_vip, is_current, is_deleted
  from {{rows core.dim_customer.requester_key}}
  where customer_key <> 0
), answers as (
  select m.requester_key, sum(a.answers)::bigint as answers, sum(a.satisfied)::bigint as satisfied
  from {{rows core.customer_answers.customer_key of core.dim_customer.requester_key.customer_key}} a
  join members m on m.customer_key = a.customer_key
  group by m.requester_key
), joined as (
  select m.requester_key, m.source, m.requester_id, m.name, m.department_key, m.department_id, coalesce(m.is_vip, false) as is_vip,
    coalesce(k.tickets, 0) as tickets, coalesce(k.recent_tickets, 0) as recent_tickets, k.first_quarter, k.last_quarter,
    coalesce(a.answers, 0) as answers, coalesce(a.satisfied, 0) as satisfied,
    date_diff('quarter', k.first_quarter, now.quarter) as quarters_since_first,
    date_diff('quarter', k.last_quarter, now.quarter) as quarters_since_last
  from members m
  cross join now
  left join contacts k on k.requester_key = m.requester_key
  left join answers a on a.requester_key = m.requester_key
  where m.is_current and not m.is_deleted
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
