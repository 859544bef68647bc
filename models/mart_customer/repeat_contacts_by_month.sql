-- name: mart_customer.repeat_contacts_by_month
-- grain: month of creation
-- kind: view
-- description: Share of tickets whose requester had created another one of the same category in the 7 days before: the first was not
--   solved for good. Tickets that do not say who asked are left out.
-- owner: customer
-- audits: unique(month)
with ordered as (
  select try(make_date(t.created_date_key // 10000, t.created_date_key // 100 % 100, 1)) as month, t.created_at,
    lag(t.created_at) over (partition by c.requester_key, t.category order by t.created_at) as previous_at
  from core.fact_tickets_stored t
  join core.dim_customer c on c.customer_key = t.customer_key
  where not t.is_deleted and t.customer_key <> 0
)
select month, count(*) as tickets, count(*) filter (where created_at <= previous_at + interval 7 day) as repeats,
  count(*) filter (where created_at <= previous_at + interval 7 day) / count(*) as repeat_rate
from ordered
group by month
