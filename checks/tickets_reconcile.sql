-- name: tickets_reconcile
-- severity: warn
-- entity: tickets
-- description: Operational tickets, facts and the sums behind the marts count the same tickets.
-- what_to_do: Find the first difference with `deskhouse verify`, then `deskhouse rebuild`; a project's own model may leave rows out.
with counted as (
  select (select count(*) from operational.tickets where not is_deleted) as tickets,
    (select count(*) from core.fact_tickets_stored where not is_deleted) as facts,
    (select count(*) from core.fact_tickets_stored where not is_deleted and not is_open) as ended,
    (select coalesce(sum(ticket_count), 0) from core.daily_ticket_summary) as summarised,
    (select coalesce(sum(resolved), 0) from core.ticket_outcomes) as outcomes)
select null as id, place as field, found as value, place || ' counts ' || found || ' tickets, not ' || expected as message
from (select unnest([
  {place: 'core.fact_tickets_stored', found: facts, expected: tickets},
  {place: 'core.daily_ticket_summary', found: summarised, expected: facts},
  {place: 'core.ticket_outcomes', found: outcomes, expected: ended}], recursive := true) from counted)
where found <> expected
