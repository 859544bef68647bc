-- name: mart_customer.repeat_contacts_by_month
-- grain: month of creation
-- kind: view
-- description: Share of tickets whose requester had created another one of the same category in the 7 days before: the first was not
--   solved for good. Tickets that do not say who asked are left out.
-- owner: customer
-- audits: unique(month)
with asked as (
  select month, sum(asked)::bigint as tickets from core.ticket_topics group by month
), repeated as (
  select month, sum(repeats)::bigint as repeats from core.repeat_contacts group by month
)
select a.month, a.tickets, coalesce(r.repeats, 0) as repeats, coalesce(r.repeats, 0) / a.tickets as repeat_rate
from asked a
left join repeated r on r.month = a.month
where a.tickets > 0
