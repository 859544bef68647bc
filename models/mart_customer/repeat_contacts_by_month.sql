-- name: mart_customer.repeat_contacts_by_month
-- grain: month of creation
-- kind: view
-- description: Share of tickets whose requester had created another one of the same category in the 7 days before: the first was not
--   solved for good. Tickets that do not say who asked are left out.
-- owner: customer
-- audits: unique(month)
with following as (
  select distinct month, (month - interval 1 month)::date as month_before from core.ticket_topics
), seen as (
  -- The last days of a month are looked at in the next one, too. So months are apart, and who asks for some reads no others.
  select created_month as month, true as counts, customer_key, category, created_at
  from core.fact_tickets_stored
  where not is_deleted and customer_key <> 0
  union all
  select f.month, false, t.customer_key, t.category, t.created_at
  from core.fact_tickets_stored t
  join following f on f.month_before = t.created_month
  where not t.is_deleted and t.customer_key <> 0 and t.created_date_key % 100 > 20
), ordered as (
  select s.month, s.counts, s.created_at,
    lag(s.created_at) over (partition by s.month, c.requester_key, s.category order by s.created_at) as previous_at
  from seen s
  join core.dim_customer c on c.customer_key = s.customer_key
), counted as (
  select month, count(*) as tickets, count(*) filter (where created_at <= previous_at + interval 7 day) as repeats
  from ordered
  where counts
  group by month
)
select month, tickets, repeats, repeats / tickets as repeat_rate
from counted
