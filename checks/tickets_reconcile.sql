-- name: tickets_reconcile
-- severity: warn
-- entity: tickets
-- description: Operational tickets, facts and the sums behind the marts count the same tickets.
-- what_to_do: Find the first difference with `deskhouse verify`, then `deskhouse rebuild`; a project's own model may leave rows out.
with counted as (
  -- Counts of all rows and of few: ten times as fast as a condition that most rows meet.
  select tickets, facts, facts - still_open as ended,
    (select coalesce(sum(ticket_count), 0) from core.daily_ticket_summary) as summarised,
    (select coalesce(sum(resolved), 0) from core.ticket_outcomes) as outcomes
  from (select count(*) - count_if(is_deleted) as tickets from operational.tickets),
    (select count(*) - count_if(is_deleted) as facts, count_if(is_open and not is_deleted) as still_open
      from core.fact_tickets_stored))
select null as id, place as field, found as value, place || ' counts ' || found || ' tickets, not ' || expected as message
from (select unnest([
  {place: 'core.fact_tickets_stored', found: facts, expected: tickets},
  {place: 'core.daily_ticket_summary', found: summarised, expected: facts},
  {place: 'core.ticket_outcomes', found: outcomes, expected: ended}], recursive := true) from counted)
where found <> expected
