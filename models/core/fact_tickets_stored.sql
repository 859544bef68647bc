-- name: core.fact_tickets_stored
-- grain: one ticket
-- kind: keyed(ticket_key)
-- changed: select key from {{delta operational.tickets}}
-- changed: select distinct ticket_key from {{new operational.ticket_events}}
-- changed: select ticket_key from core.fact_tickets_stored where resolved_at is null and ended_at is null
--   and breach_after >= least({{previous_as_of}}, {{as_of}}) and breach_after < greatest({{previous_as_of}}, {{as_of}})
-- changed: select ticket_key from core.fact_tickets_stored where resolved_at is null and ended_at is null and first_response_at is null
--   and response_breach_after >= least({{previous_as_of}}, {{as_of}}) and response_breach_after < greatest({{previous_as_of}}, {{as_of}})
-- changed: select ticket_key from core.fact_tickets_stored where customer_key in (
--   select customer_key from (select customer_key, valid_from, valid_to, department_id from {{old core.dim_customer}}
--   except select customer_key, valid_from, valid_to, department_id from {{new core.dim_customer}}))
-- changed: select ticket_key from core.fact_tickets_stored where agent_key in (
--   select agent_key from (select agent_key, valid_from, valid_to from {{old core.dim_agent}}
--   except select agent_key, valid_from, valid_to from {{new core.dim_agent}}))
-- histories: select ticket_key, event_at, version, key, status, assigned_to, group_id from {{rows operational.ticket_events.ticket_key}}
-- slices: operational.tickets.created_at
-- partition_by: created_at
-- description: Tickets with their service-level measures, as stored; core.fact_tickets adds what depends on now.
-- owner: core
-- audits: unique(ticket_key), not_null(created_at)
with ended as (
  -- When it left the backlog. A source may close a ticket without saying when it was resolved.
  select *, case when status in ('Resolved', 'Closed') then coalesce(resolved_at, closed_at, updated_at) end as ended_at
  from {{rows operational.tickets.key}}
  where {{slice(created_at)}}
), measured as (
  select t.*, reporting_date(t.created_at) as created_on, reporting_date(t.resolved_at) as resolved_on,
    -- A ticket that ended before it was created counts as ended on its first day.
    reporting_date(greatest(t.ended_at, case when t.ended_at is not null then t.created_at end)) as ended_on,
    ticket_measures(t.status, t.priority, t.category, t.type, t.group_id, t.assigned_to, t.created_at,
      t.first_response_at, t.resolved_at, t.ended_at, t.reopen_count, t.reassignment_count, t.key) as m
  from ended t
)
select t.key as ticket_key, t.source, t.id as ticket_id,
  coalesce(c.customer_key, 0) as customer_key, coalesce(a.agent_key, 0) as agent_key,
  version_key(surrogate_key(t.category, coalesce(t.sub_category, '')), timestamp '1970-01-01') as category_key,
  case t.priority when 'Low' then 1 when 'Medium' then 2 when 'High' then 3 else 4 end as priority_key,
  (year(t.created_on) * 10000 + month(t.created_on) * 100 + day(t.created_on))::integer as created_date_key,
  (year(t.resolved_on) * 10000 + month(t.resolved_on) * 100 + day(t.resolved_on))::integer as resolved_date_key,
  (year(t.ended_on) * 10000 + month(t.ended_on) * 100 + day(t.ended_on))::integer as ended_date_key,
  -- What asks for months skips the others by these, as by no expression over a key.
  date_trunc('month', t.created_on)::date as created_month, date_trunc('month', t.resolved_on)::date as resolved_month,
  t.status, t.priority, t.category, t.sub_category, t.type, t.channel, t.group_id, coalesce(t.group_key, 0) as group_key,
  coalesce(t.department_id, c.department_id) as department_id,  -- else the requester's when it was created
  coalesce(t.department_key, c.department_key, 0) as department_key,
  t.asset_key, t.problem_key,
  t.created_at, t.updated_at, t.first_response_at, t.resolved_at, t.closed_at, t.ended_at,
  m.first_response_minutes, m.resolution_hours, m.business_resolution_hours, m.due_at, m.response_due_at, m.breach_after, m.response_breach_after,
  m.sla_breached, m.response_breached, m.reopen_count, m.reassignment_count, m.breach_agent_id,
  m.is_open and not t.is_deleted as is_open, t.is_deleted
from measured t
left join {{rows core.dim_customer.requester_key of operational.tickets.key.requester_key}} c on c.requester_key = t.requester_key
  and t.created_at >= c.valid_from and t.created_at < coalesce(c.valid_to, timestamp 'infinity')
left join core.dim_agent a on a.natural_key = t.assigned_to_key
  and t.created_at >= a.valid_from and t.created_at < coalesce(a.valid_to, timestamp 'infinity')
