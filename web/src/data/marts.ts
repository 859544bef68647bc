// The performance, customer, asset and financial marts: read as they are, summed over the months that the period touches.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { monthOf, type Period } from "../lib/period";
import { duringMonths, raw, sql, type Piece } from "./sql";

const named = (column: string, values: string[] | undefined): Piece =>
  values ? { sql: `and ${column} in (${values.map(() => "?").join(", ")})`, params: values } : raw("");

/** The same one-row SELECT for the period and, if there is one, for the period before. */
function bothPeriods(filters: Filters, one: (period: Period) => Piece): Statement {
  const now = sql`select 'period' as which, * from (${one(filters.period)})`;
  return filters.previous ? sql`${now} union all select 'previous', * from (${one(filters.previous)})` : now;
}

// Performance

export interface Performance {
  which: string;
  resolved: number | null;
  first_contact: number | null;
  first_assignment: number | null;
  handoffs: number | null;
  utilisation: number | null;
  minutes_per_resolved: number | null;
  logged_hours: number | null;
}
export const performance = (filters: Filters): Statement => bothPeriods(filters, (period) => sql`select * from
  (select sum(resolved)::bigint as resolved, sum(first_contact) / nullif(sum(resolved), 0) as first_contact, sum(first_assignment) / nullif(sum(resolved), 0) as first_assignment,
    sum(handoffs) / nullif(sum(resolved), 0) as handoffs from mart_performance.groups_by_month where ${duringMonths("month", period)} ${named("group_name", filters.values.group)}),
  (select (sum(handling_minutes) filter (where scheduled_hours > 0))::double / nullif(sum(scheduled_hours) filter (where scheduled_hours > 0) * 60, 0)::double as utilisation,
    sum(handling_minutes)::double / nullif(sum(resolved), 0) as minutes_per_resolved, sum(handling_minutes)::double / 60 as logged_hours
    from mart_performance.agents_by_month where ${duringMonths("month", period)} ${named("name", filters.values.agent)})`);

export interface AgentRow {
  name: string;
  resolved: number;
  first_contact_rate: number | null;
  handoffs: number;
  reopened: number;
  mean_hours: number | null;
  minutes_per_resolved: number | null;
  utilisation: number | null;
  breached: number;
}
export const agents = (filters: Filters): Statement => sql`with a as (select source, agent_id, any_value(name) as name, sum(resolved)::bigint as resolved,
    sum(first_contact) / nullif(sum(resolved), 0) as first_contact_rate, sum(handoffs)::bigint as handoffs, sum(reopened)::bigint as reopened,
    sum(mean_resolution_hours * resolved) / nullif(sum(resolved) filter (where mean_resolution_hours is not null), 0) as mean_hours,
    sum(handling_minutes)::double / nullif(sum(resolved), 0) as minutes_per_resolved,
    (sum(handling_minutes) filter (where scheduled_hours > 0))::double / nullif(sum(scheduled_hours) filter (where scheduled_hours > 0) * 60, 0)::double as utilisation
    from mart_performance.agents_by_month where ${duringMonths("month", filters.period)} ${named("name", filters.values.agent)} group by source, agent_id),
  b as (select source, agent_id, sum(breached)::bigint as breached from mart_performance.breaches_by_holder where ${duringMonths("month", filters.period)} group by all)
  select a.* exclude (source, agent_id), coalesce(b.breached, 0) as breached from a left join b on b.source = a.source and b.agent_id = a.agent_id where a.resolved > 0 order by resolved desc`;

export interface GroupRow {
  name: string;
  resolved: number;
  first_contact_rate: number | null;
  attainment: number | null;
  handoffs: number | null;
  breached: number;
}
export const groups = (filters: Filters): Statement => sql`select group_name as name, sum(resolved)::bigint as resolved, sum(first_contact) / nullif(sum(resolved), 0) as first_contact_rate,
  sum(met) / nullif(sum(met) + sum(breached), 0) as attainment, sum(handoffs) / nullif(sum(resolved), 0) as handoffs, sum(breached)::bigint as breached
  from mart_performance.groups_by_month where ${duringMonths("month", filters.period)} ${named("group_name", filters.values.group)} group by 1 order by resolved desc`;

export interface PerformanceMonth {
  month: string;
  resolved: number;
  first_contact_rate: number | null;
  first_assignment_rate: number | null;
}
export const performanceMonths = (filters: Filters): Statement => sql`select month::varchar as month, sum(resolved)::bigint as resolved,
  sum(first_contact) / nullif(sum(resolved), 0) as first_contact_rate, sum(first_assignment) / nullif(sum(resolved), 0) as first_assignment_rate
  from mart_performance.groups_by_month where ${duringMonths("month", filters.period)} ${named("group_name", filters.values.group)} group by 1 order by 1`;

// Customers

export interface Customers {
  which: string;
  csat: number | null;
  nps: number | null;
  response_rate: number | null;
  contact_rate: number | null;
}
export const customers = (filters: Filters): Statement => bothPeriods(filters, (period) => sql`select * from
  (select sum(satisfied) / nullif(sum(answers), 0) as csat, 100 * (sum(promoters) - sum(detractors)) / nullif(sum(nps_answers), 0) as nps from mart_customer.satisfaction_by_month where ${duringMonths("month", period)}),
  (select sum(answered) / nullif(sum(resolved), 0) as response_rate from mart_customer.response_rate_by_month where ${duringMonths("month", period)}),
  (select sum(tickets) / nullif(sum(headcount), 0) as contact_rate from mart_customer.contact_rate_by_department
    where headcount > 0 and ${duringMonths("month", period)} ${named("department", filters.values.department)})`);

export interface CustomerMonth {
  month: string;
  csat: number | null;
  answers: number | null;
  tickets: number;
  repeats: number;
  repeat_rate: number | null;
  response_rate: number | null;
}
/** From the first month of the period before to the last of the period: who came again is looked up once for both. */
export function customerMonths(filters: Filters): Statement {
  const { period, previous } = filters;
  return sql`select r.month::varchar as month, csat, answers, tickets, repeats, repeat_rate, response_rate
  from mart_customer.repeat_contacts_by_month r left join mart_customer.satisfaction_by_month s on s.month = r.month left join mart_customer.response_rate_by_month a on a.month = r.month
  where ${duringMonths("r.month", { from: previous && previous.from < period.from ? previous.from : period.from, to: period.to })} order by r.month`;
}
/** Those of the months that a period touches. */
export const monthsOf = (rows: CustomerMonth[], period: Period): CustomerMonth[] => rows.filter((row) => row.month >= monthOf(period.from) && row.month <= period.to);
export function repeatRate(rows: CustomerMonth[]): number | null {
  const tickets = rows.reduce((sum, row) => sum + row.tickets, 0);
  return tickets ? rows.reduce((sum, row) => sum + row.repeats, 0) / tickets : null;
}

export interface SegmentRow {
  segment: string;
  requesters: number;
  tickets: number;
  recent_tickets: number;
  csat: number | null;
}
export const segments = (filters: Filters): Statement => sql`select segment, requesters, tickets, recent_tickets, csat from mart_customer.segments where true ${named("segment", filters.values.segment)} order by requesters desc`;
export interface DepartmentContacts {
  department: string;
  tickets: number;
  headcount: number | null;
  per_head: number | null;
}
export const contacts = (filters: Filters): Statement => sql`select department, sum(tickets)::bigint as tickets, max(headcount) as headcount, sum(tickets) / nullif(sum(headcount), 0) as per_head
  from mart_customer.contact_rate_by_department where ${duringMonths("month", filters.period)} ${named("department", filters.values.department)} group by 1 order by tickets desc`;
export interface CategoryCsat {
  category: string;
  answers: number;
  csat: number | null;
}
export const csatByCategory = (): Statement => raw("select category, answers, csat from mart_customer.satisfaction_by_category order by csat");
export interface TopRequester {
  rank: number;
  name: string;
  segment: string;
  recent_tickets: number;
  tickets: number;
  csat: number | null;
}
export const topRequesters = (filters: Filters): Statement => sql`select rank, name, segment, recent_tickets, tickets, csat from mart_customer.top_requesters where true ${named("segment", filters.values.segment)} order by rank`;
