-- name: mart_customer.repeat_contacts_by_month
-- grain: month of creation
-- kind: view
-- description: Share of tickets whose requester had created another one of the same category in the 7 days before: the first was not
--   solved for good. Tickets that do not say who asked are left out.
-- owner: customer
-- audits: unique(month)
select month, tickets, repeats, repeats / tickets as repeat_rate
from core.repeat_contacts
