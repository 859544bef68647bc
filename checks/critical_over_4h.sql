-- name: critical_over_4h
-- severity: warn
-- entity: tickets
-- description: Critical tickets are resolved within 4 hours, whatever the calendar.
-- what_to_do: Read the ticket with `deskhouse explain sla`; it says who held it and which time was paused.
select t.id, t.source, 'resolved_at' as field, t.resolved_at::varchar as value, 'SLA violation for critical ticket' as message
from {{source}} t
where {{changed(t.key)}} and t.priority = 'Critical' and not t.is_deleted and t.resolved_at > t.created_at + interval 4 hour
