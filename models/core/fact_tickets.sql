-- name: core.fact_tickets
-- grain: one ticket
-- kind: view
-- description: Tickets with their service-level measures; age_days runs until the ticket is resolved or closed, else until now.
-- owner: core
-- audits: unique(ticket_key)
select t.*, (epoch_us(coalesce(t.ended_at, s.as_of)) - epoch_us(t.created_at)) / 86400000000 as age_days
from core.fact_tickets_stored t, meta.state s
