// Tickets: the list behind a number, and everything that is known of one.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { during, duringKeys, isOfSpans, raw, recordOf, spans, sql, ticketCondition, tickets, type Piece } from "./sql";

export const PAGE_ROWS = 50;

/** What the address says beyond the filters; see lib/drill.ts. */
export interface Wanted {
  created: boolean;
  resolved: boolean;
  open: boolean;
  breached: boolean;
  stale: boolean;
  reopened: boolean;
  sort: "created" | "resolution" | "age";
  text: string;
}
export function readWanted(params: URLSearchParams): Wanted {
  const sort = params.get("sort");
  return {
    created: params.get("created") === "period", resolved: params.get("resolved") === "period", open: params.get("open") === "true",
    breached: params.get("breached") === "true", stale: params.get("stale") === "true", reopened: params.get("reopened") === "true",
    sort: sort === "resolution" || sort === "age" ? sort : "created", text: params.get("q") ?? "",
  };
}

function condition(filters: Filters, wanted: Wanted): Piece {
  let all = raw("true");
  const and = (piece: Piece) => (all = sql`${all} and ${piece}`);
  if (wanted.created) and(duringKeys("created_date_key", filters.period));
  if (wanted.resolved) and(sql`not is_open and ${duringKeys("ended_date_key", filters.period)}`);
  if (wanted.open) and(raw("is_open"));
  if (wanted.breached) and(raw("sla_breached"));
  if (wanted.reopened) and(raw("reopen_count > 0"));
  if (wanted.stale) and(raw("ticket_key in (select ticket_key from mart_service_desk.stale_tickets)"));
  if (wanted.text) {
    // Without the wildcards of LIKE: what is typed is what is looked for.
    and(sql`(ticket_id = ${wanted.text} or ticket_key in (select key from operational.tickets where contains(lower(subject), ${wanted.text.toLowerCase()})))`);
  }
  return all;
}
const ORDER = { created: "created_at desc", resolution: "resolution_hours desc nulls last", age: "age_days desc" } as const;

export interface TicketRow {
  source: string;
  ticket_id: string;
  subject: string | null;
  status: string;
  priority: string;
  category: string;
  group_name: string | null;
  agent: string | null;
  created_at: string;
  resolution_hours: number | null;
  age_days: number;
  is_open: boolean;
  sla_breached: boolean | null;
  due_at: string | null;
}
export function ticketPage(filters: Filters, wanted: Wanted, page: number): Statement {
  const order = raw(`order by ${ORDER[wanted.sort]}, source, ticket_id`);
  // Of the view only where its age is asked for: the first rows of the table itself are found without reading all of it.
  const from = wanted.sort === "age" ? sql`core.fact_tickets where ${ticketCondition(filters.values)} and` : sql`${tickets(filters.values)} where`;
  return sql`with chosen as (select * from ${from} ${condition(filters, wanted)} ${order} limit ${PAGE_ROWS} offset ${page * PAGE_ROWS})
    select t.source, t.ticket_id, o.subject, t.status, t.priority, t.category, g.group_name, a.name as agent, t.created_at, t.resolution_hours,
      (epoch_us(coalesce(t.ended_at, n.as_of)) - epoch_us(t.created_at)) / 86400000000 as age_days, t.is_open, t.sla_breached, t.due_at
    from chosen t cross join core.today n ${recordOf("t")} left join core.group_names g on g.group_key = t.group_key
    left join core.dim_agent a on a.agent_key = t.agent_key and a.agent_key <> 0 ${raw(`order by t.${ORDER[wanted.sort]}, t.source, t.ticket_id`)}`;
}
export function ticketCount(filters: Filters, wanted: Wanted): Statement {
  const { period, values } = filters;
  if (isOfSpans(values) && !wanted.reopened && !wanted.stale && !wanted.text) {
    // What sums by day know already. Of those that missed their target, all did.
    const days = [wanted.created && during("created_day", period), wanted.resolved && during("ended_day", period), wanted.open && raw("ended_day is null")];
    const within = days.reduce<Piece>((all, piece) => (piece ? sql`${all} and ${piece}` : all), raw("true"));
    const counted = raw(wanted.breached ? "breached" : "tickets");
    return sql`select coalesce(sum(${counted}), 0)::bigint as tickets, coalesce(sum(breached), 0)::bigint as breached,
      coalesce(sum(${counted}) filter (where ended_day is null), 0)::bigint as open from ${spans(values, { days: within, keys: [] })}`;
  }
  return sql`select count(*) as tickets, count(*) filter (where sla_breached) as breached, count(*) filter (where is_open) as open from ${tickets(values)} where ${condition(filters, wanted)}`;
}

export interface TicketFacts extends TicketRow {
  description: string | null;
  type: string | null;
  channel: string | null;
  sub_category: string | null;
  requester: string | null;
  department: string | null;
  requester_key: string | null;
  asset: string | null;
  first_response_at: string | null;
  resolved_at: string | null;
  closed_at: string | null;
  updated_at: string;
  first_response_minutes: number | null;
  business_resolution_hours: number | null;
  response_due_at: string | null;
  response_breached: boolean | null;
  reopen_count: number;
  reassignment_count: number;
  is_deleted: boolean;
  run_id: number;
}
const this_ticket = (source: string, id: string) => sql`t.source = ${source} and t.ticket_id = ${id}`;
// One row, which is looked up in the others: as a plain join, DuckDB would make hash tables of all requesters first.
export const ticketFacts = (source: string, id: string): Statement => sql`with t as materialized (select * from core.fact_tickets t where ${this_ticket(source, id)} limit 1)
  select t.* exclude (ticket_key, customer_key, agent_key, category_key, priority_key,
    group_key, department_key, asset_key, problem_key), c.requester_key::varchar as requester_key, o.subject, o.description, o.run_id, g.group_name, a.name as agent, c.name as requester, d.department, x.name as asset
  from t left join (select o.subject, o.description, o.run_id from operational.tickets o join t on o.key = t.ticket_key and o.created_at = t.created_at) o on true
  left join (select c.requester_key, c.name from core.dim_customer c join t on c.customer_key = t.customer_key where c.customer_key <> 0) c on true
  left join (select x.name from operational.assets x join t on x.key = t.asset_key) x on true
  left join core.group_names g on g.group_key = t.group_key left join core.dim_agent a on a.agent_key = t.agent_key and a.agent_key <> 0
  left join core.department_names d on d.department_key = t.department_key`;

/** Who asked is counted from all that they ever asked: not what the page waits for. */
export const segmentOf = (requester: string): Statement => sql`select segment from core.customer_segments where requester_key = ${requester}::bigint`;

export interface TicketEvent {
  event_at: string;
  event_type: string | null;
  status: string | null;
  priority: string | null;
  category: string | null;
  assigned_to: string | null;
  group_name: string | null;
  actor: string | null;
  detail: string | null;
}
export const ticketEvents = (source: string, id: string): Statement => sql`select t.event_at, t.event_type, t.status, t.priority, t.category,
    coalesce(a.name, t.assigned_to) as assigned_to, coalesce(g.name, t.group_id) as group_name, t.actor, t.detail
  from operational.ticket_events t left join operational.agents a on a.key = t.assigned_to_key left join operational.groups g on g.key = t.group_key
  where ${this_ticket(source, id)} order by t.event_at, t.version`;

export interface WorkRow {
  kind: "time" | "survey";
  happened_at: string | null;
  who: string | null;
  amount: number;
  max_amount: number | null;
}
export const ticketWork = (source: string, id: string): Statement => sql`select 'time' as kind, coalesce(t.worked_on, t.created_at) as happened_at, coalesce(a.name, t.agent_id) as who, t.minutes::double as amount, null::double as max_amount
    from operational.time_entries t left join operational.agents a on a.key = t.agent_key where ${this_ticket(source, id)} and not t.is_deleted
  union all select 'survey', t.responded_at, null, t.score::double, t.max_score::double from operational.surveys t where ${this_ticket(source, id)} and not t.is_deleted order by happened_at`;

export interface ViolationRow {
  check_name: string;
  severity: string;
  field: string | null;
  value: string | null;
  message: string;
}
export const ticketViolations = (id: string): Statement => sql`select distinct check_name, severity, field, value, message
  from meta.violation_states where entity = 'tickets' and id = ${id} and is_open`;
