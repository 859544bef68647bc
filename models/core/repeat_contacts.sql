-- name: core.repeat_contacts
-- grain: one requester and month of creation with a repeat contact
-- kind: keyed(requester_key)
-- changed: select requester_key from (
--   select key, requester_key, category, created_at, is_deleted from {{old operational.tickets}} union all
--   select key, requester_key, category, created_at, is_deleted from {{new operational.tickets}})
--   group by key, requester_key, category, created_at, is_deleted having count(*) = 1
-- slices: operational.tickets.requester_key
-- slice_rows: 1200000
-- description: How many tickets of a requester repeat another one: of the same category, created at most 7 days before. The first was not
--   solved for good. Deleted tickets do not count.
-- owner: core
-- audits: unique(requester_key, month)
with ordered as (
  select requester_key, created_at,
    lag(created_at) over (partition by requester_key, category order by created_at) as previous_at
  from operational.tickets
  where not is_deleted and requester_key is not null and {{changed(requester_key)}}
)
select requester_key, date_trunc('month', reporting_date(created_at))::date as month, count(*) as repeats
from ordered
where created_at <= previous_at + interval 7 day
group by 1, 2
