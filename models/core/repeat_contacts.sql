-- name: core.repeat_contacts
-- grain: month of creation
-- kind: keyed(month_date_key)
-- changed: select year(month) * 10000 + month(month) * 100 + 1 from (
--   select unnest([created_month, (created_month + interval 1 month)::date]) as month from (
--   (select created_month, created_at, customer_key, category, is_deleted from {{old core.fact_tickets_stored}}
--   except all select created_month, created_at, customer_key, category, is_deleted from {{new core.fact_tickets_stored}})
--   union all (select created_month, created_at, customer_key, category, is_deleted from {{new core.fact_tickets_stored}}
--   except all select created_month, created_at, customer_key, category, is_deleted from {{old core.fact_tickets_stored}})))
-- slices: core.fact_tickets_stored.created_date_key
-- slice_rows: 1200000
-- description: Tickets whose requester had created another one of the same category in the 7 days before: the first was not
--   solved for good. Tickets that do not say who asked are left out, deleted ones do not count.
-- owner: core
-- audits: unique(month_date_key)
with months as (
  select month, (month - interval 1 month)::date as month_before
  from (select distinct month from core.ticket_topics)
  where {{changed(year(month) * 10000 + month(month) * 100 + 1)}}
), seen as (
  -- The last days of a month are looked at in the next one, too. So months are apart.
  select m.month, true as counts, t.customer_key, t.category, t.created_at
  from core.fact_tickets_stored t
  join months m on m.month = t.created_month
  where not t.is_deleted and t.customer_key <> 0
  union all
  select m.month, false, t.customer_key, t.category, t.created_at
  from core.fact_tickets_stored t
  join months m on m.month_before = t.created_month
  where not t.is_deleted and t.customer_key <> 0 and t.created_date_key % 100 > 20
)
select (year(s.month) * 10000 + month(s.month) * 100 + 1)::bigint as month_date_key, s.month,
  count(*) filter (where s.counts) as tickets,
  count_repeats(c.requester_key, surrogate_key(coalesce(s.category, ''), ''), s.created_at, s.counts, 7) as repeats
from seen s
join core.dim_customer c on c.customer_key = s.customer_key
group by s.month
having count(*) filter (where s.counts) > 0
