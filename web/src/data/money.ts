// Satisfaction and cost: kept by month, so a period that begins or ends inside a month is widened to whole months.
import type { Statement } from "../api/query";
import type { Filters } from "../lib/filters";
import { addMonths, addDays, monthOf, type Period } from "../lib/period";
import { duringMonths, raw, sql, type Piece } from "./sql";

/** The whole months that the period touches. */
export function wholeMonths(period: Period): Period {
  return { from: monthOf(period.from), to: addDays(addMonths(period.to, 1), -1) };
}
export const isWhole = (period: Period) => {
  const whole = wholeMonths(period);
  return whole.from === period.from && whole.to === period.to;
};

export interface Monthly {
  which: string;
  month: string | null;
  csat: number | null;
  cost_per_ticket: number | null;
}
/** Rows with a month are of the period's months; those without are the sums of the period ('period') and of the one before. */
export function satisfactionAndCost(filters: Filters): Statement {
  const one = (name: string, period: Period): Piece => sql`select ${raw(`'${name}'`)} as which, null::varchar as month, s.*, c.* from
    (select sum(satisfied) / nullif(sum(answers), 0) as csat from mart_customer.satisfaction_by_month where ${duringMonths("month", period)}) s,
    (select sum(total_cost)::double / nullif(sum(resolved), 0) as cost_per_ticket from mart_financial.cost_per_ticket_by_month where ${duringMonths("month", period)}) c`;
  const months = sql`select 'month' as which, coalesce(s.month, c.month)::varchar as month, csat, cost_per_ticket
    from (select month, csat from mart_customer.satisfaction_by_month where ${duringMonths("month", filters.period)}) s
    full join (select month, cost_per_ticket from mart_financial.cost_per_ticket_by_month where ${duringMonths("month", filters.period)}) c on s.month = c.month`;
  const now = sql`select * from (${months} union all ${one("period", filters.period)}`;
  const all = filters.previous ? sql`${now} union all ${one("previous", filters.previous)}` : now;
  return sql`${all}) ${raw("order by which, month")}`;
}
